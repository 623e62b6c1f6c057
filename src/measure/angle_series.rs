//! Angles over time: without jumps of whole turns, and how fast they change.

use std::ops::Range;

use crate::measure::angle_table::{ANGLES, N_ANGLES};
use crate::measure::angles::{AngleParams, Angles, angles_of_pose, wrapped};
use crate::measure::sure_directions::sure_directions;
use crate::measure::turns::{Step, follow_turns, join_turns, usual_deg};
use crate::measure::visible_side::VisibleSide;
use crate::types::{PoseSeries, TrackId};

/// Frames further apart tell nothing about what was between them: in half a second an arm swings up and back.
const LONGEST_STEP_SECS: f64 = 0.5;

/// Turns are counted by frames no further apart: in a quarter of a second an arm swings up, but not back again.
const LONGEST_WATCHED_SECS: f64 = 0.25;

/// All angles of one person, frame by frame.
///
/// A stretch of an angle is a run of frames in which it is there, from one visible side, never more than half a
/// second apart. Within a stretch an angle that goes round steps by at most half its period, and the mean of the
/// stretch lies within half a period of 0. One that cannot go round stays in the one turn about the middle of the
/// stretch. Both may be above 180, and both step further only where a joint was doubted or found in the wrong place:
/// errors do not add up to turns, and nobody who stands is a whole turn away from where they stood. From one stretch to the
/// next an angle may jump by whole turns, which [`AngleSeries::joined_deg`] takes out.
#[derive(Clone, Debug, PartialEq)]
pub struct AngleSeries {
    /// Who it is.
    pub id: TrackId,
    /// Index of each frame.
    pub frames: Vec<u64>,
    /// Presentation time of each frame.
    pub times_secs: Vec<f64>,
    /// Which side of the person each frame shows.
    pub sides: Vec<VisibleSide>,
    /// Degrees in each frame.
    pub angles_deg: Vec<Angles>,
    /// Degrees per second in each frame, the shorter way from frame to frame; `None` where a stretch is a single moment.
    pub speeds_deg_per_sec: Vec<Angles>,
    /// Whether the direction of each angle is sure enough in each frame for turns to be counted by it.
    pub is_sure: Vec<[bool; N_ANGLES]>,
}

impl AngleSeries {
    /// Measures a series of which `sides` are seen, one a frame.
    pub fn new(series: &PoseSeries, sides: &[VisibleSide], params: &AngleParams) -> Self {
        let n = [
            series.frames.len(),
            series.times_secs.len(),
            series.poses.len(),
            sides.len(),
        ]
        .into_iter()
        .min()
        .unwrap_or_default();
        let times_secs = series.times_secs[..n].to_vec();
        let poses = &series.poses[..n];
        let mut measured = Self {
            id: series.id,
            frames: series.frames[..n].to_vec(),
            angles_deg: (poses.iter().zip(sides))
                .map(|(pose, side)| angles_of_pose(pose, *side, params))
                .collect(),
            speeds_deg_per_sec: vec![[None; N_ANGLES]; n],
            is_sure: (poses.iter())
                .map(|pose| sure_directions(pose, params))
                .collect(),
            times_secs,
            sides: sides[..n].to_vec(),
        };
        for angle_idx in 0..N_ANGLES {
            measured.follow(angle_idx);
        }
        measured
    }

    /// Takes jumps of whole turns out of one angle, stretch by stretch, and finds its speeds.
    fn follow(&mut self, angle_idx: usize) {
        let angle = ANGLES[angle_idx];
        let mut degs = self.angle_deg(angle_idx);
        let usual_deg = usual_deg(&degs, angle.period_deg);
        for stretch in stretches(&self.times_secs, &self.sides, &degs) {
            let of_stretch = &mut degs[stretch.clone()];
            let mut shorter_way: Vec<f64> = of_stretch.iter().flatten().copied().collect();
            if angle.goes_round {
                unwrap(&mut shorter_way, angle.period_deg);
                follow_turns(of_stretch, angle.period_deg, usual_deg, |before, after| {
                    let [before, after] = [before, after].map(|place| stretch.start + place);
                    self.step(angle_idx, before, after, LONGEST_STEP_SECS)
                });
                center(of_stretch, angle.period_deg);
            } else {
                gather(&mut shorter_way);
                for (deg, gathered) in of_stretch.iter_mut().zip(&shorter_way) {
                    *deg = Some(*gathered);
                }
            }
            let speeds = speeds(&self.times_secs[stretch.clone()], &shorter_way);
            for (of_frame, speed) in self.speeds_deg_per_sec[stretch].iter_mut().zip(speeds) {
                of_frame[angle_idx] = speed;
            }
        }
        for (angles, deg) in self.angles_deg.iter_mut().zip(degs) {
            angles[angle_idx] = deg;
        }
    }

    /// How an angle came from one frame to another one, of which nothing is known after `longest_gap_secs`.
    fn step(&self, angle_idx: usize, before: usize, after: usize, longest_gap_secs: f64) -> Step {
        let secs = self.times_secs[after] - self.times_secs[before];
        let is_sure = |frame: usize| self.is_sure[frame][angle_idx];
        if secs.is_nan() || longest_gap_secs < secs {
            Step::Unknown
        } else if secs <= LONGEST_WATCHED_SECS
            && self.sides[before] == self.sides[after]
            && is_sure(before)
            && is_sure(after)
        {
            Step::Watched
        } else {
            Step::Doubtful
        }
    }

    /// One angle over time, by its place in [`ANGLES`].
    pub fn angle_deg(&self, angle_idx: usize) -> Vec<Option<f64>> {
        let of_frame = |angles: &Angles| angles.get(angle_idx).copied().flatten();
        self.angles_deg.iter().map(of_frame).collect()
    }

    /// One angle over time, by its place in [`ANGLES`], without jumps of whole turns between stretches.
    ///
    /// An angle that goes round takes the shorter way between values up to `longest_gap_secs` apart and counts on beyond
    /// 180, as long as its joints are sure; what follows a longer gap is in the turn next to the direction that it usually
    /// has, and never far from it where joints are doubted. An angle that cannot go round is all the time in the turn next to
    /// the direction that all values have on average.
    pub fn joined_deg(&self, angle_idx: usize, longest_gap_secs: f64) -> Vec<Option<f64>> {
        let mut degs = self.angle_deg(angle_idx);
        if let Some(angle) = ANGLES.get(angle_idx) {
            join_turns(angle, &mut degs, |before, after| {
                self.step(angle_idx, before, after, longest_gap_secs)
            });
        }
        degs
    }

    /// The speed of one angle over time, by its place in [`ANGLES`].
    pub fn speed_deg_per_sec(&self, angle_idx: usize) -> Vec<Option<f64>> {
        let of_frame = |angles: &Angles| angles.get(angle_idx).copied().flatten();
        self.speeds_deg_per_sec.iter().map(of_frame).collect()
    }
}

/// Where the stretches of an angle begin and end.
fn stretches(
    times_secs: &[f64],
    sides: &[VisibleSide],
    values: &[Option<f64>],
) -> Vec<Range<usize>> {
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for (i, value) in values.iter().enumerate() {
        if value.is_none() {
            continue;
        }
        match stretches.last_mut() {
            Some(last)
                if last.end == i
                    && sides[i - 1] == sides[i]
                    && (0.0..=LONGEST_STEP_SECS).contains(&(times_secs[i] - times_secs[i - 1])) =>
            {
                last.end = i + 1;
            }
            _ => stretches.push(i..i + 1),
        }
    }
    stretches
}

/// Adds whole periods so that no step is longer than half a period and the mean is as near to 0 as it can be.
fn unwrap(values: &mut [f64], period: f64) {
    for i in 1..values.len() {
        let step = values[i] - values[i - 1];
        values[i] -= (step / period).round() * period;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let shift = (mean / period).round() * period;
    for value in values {
        *value -= shift;
    }
}

/// Adds whole periods to all values alike, so that their mean is as near to 0 as it can be.
fn center(degs: &mut [Option<f64>], period_deg: f64) {
    let mean = degs.iter().flatten().sum::<f64>() / degs.iter().flatten().count().max(1) as f64;
    let shift = (mean / period_deg).round() * period_deg;
    for deg in degs.iter_mut().flatten() {
        *deg -= shift;
    }
}

/// Takes each angle within half a turn of the direction that all of them have on average.
fn gather(degs: &mut [f64]) {
    let (sin, cos) = degs.iter().fold((0.0, 0.0), |(sin, cos), deg| {
        let (s, c) = deg.to_radians().sin_cos();
        (sin + s, cos + c)
    });
    let middle = f64::atan2(sin, cos).to_degrees();
    for deg in degs {
        *deg = middle + wrapped(*deg - middle, 360.0);
    }
}

/// Change per second at each time: by the moments before and after, weighted for uneven intervals as numpy's
/// `gradient` does (Quarteroni, Sacco, Saleri, "Numerical Mathematics", 2007); at the ends by one of them.
///
/// Values at the same time do not count as before or after one another.
fn speeds(times_secs: &[f64], values: &[f64]) -> Vec<Option<f64>> {
    let slope =
        |from: usize, to: usize| (values[to] - values[from]) / (times_secs[to] - times_secs[from]);
    (0..values.len())
        .map(|i| {
            let before = (0..i).rev().find(|k| times_secs[*k] < times_secs[i]);
            let after = (i + 1..values.len()).find(|k| times_secs[i] < times_secs[*k]);
            let speed = match (before, after) {
                (Some(before), Some(after)) => {
                    let dt_before = times_secs[i] - times_secs[before];
                    let dt_after = times_secs[after] - times_secs[i];
                    (dt_after * slope(before, i) + dt_before * slope(i, after))
                        / (dt_before + dt_after)
                }
                (Some(before), None) => slope(before, i),
                (None, Some(after)) => slope(i, after),
                (None, None) => return None,
            };
            speed.is_finite().then_some(speed)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_round_has_no_jumps() {
        let mut degs = [170.0, -170.0, -100.0, 10.0, 120.0, -130.0];
        unwrap(&mut degs, 360.0);
        assert_eq!(degs, [-190.0, -170.0, -100.0, 10.0, 120.0, 230.0]);
        // a line without direction: 80 and -85 are 15 apart
        let mut degs = [80.0, -85.0, 80.0];
        unwrap(&mut degs, 180.0);
        assert_eq!(degs, [80.0, 95.0, 80.0]);
    }

    #[test]
    fn errors_of_a_hinge_do_not_add_up_to_turns() {
        // an elbow at rest whose wrist is found elsewhere in every fourth frame, always round the same way
        let mut degs: Vec<f64> = [10.0, 10.0, 130.0, -110.0].repeat(20);
        gather(&mut degs);
        assert!(degs.iter().all(|deg| deg.abs() < 360.0));
        assert!((degs[76] - 10.0).abs() < 1e-9);
        let mut folded = [150.0, 175.0, -175.0, 178.0];
        gather(&mut folded);
        assert!((folded[2] - 185.0).abs() < 1e-9);
    }
}
