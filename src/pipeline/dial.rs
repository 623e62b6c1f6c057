//! The dial between speed and accuracy: how much of the nets a frame gets so that its time stays within a budget.

use std::time::Duration;

use crate::kernels::Precision;
use crate::types::{Effort, StageTimes};

/// Detector intervals between which the dial chooses, in frames: from people seen at once to half a second later.
const INTERVALS: [u32; 3] = [4, 8, 16];

/// The dial moves, or rests, after so many frames, by their mean: a second or two, a multiple of all intervals, so that
/// the detector has run as often in it as it does in the long run.
const MEASURED_FRAMES: u32 = 48;

/// A better effort is taken when it is expected to need no more than this share of the budget.
const ROOM_TO_RISE: f64 = 0.8;

/// After the budget is overrun, the best effort expected to need no more than this share is taken.
const ROOM_AFTER_FALL: f64 = 0.9;

/// Chooses the effort from the times that frames took.
///
/// The expected time of an effort is the mean of all frames, those with the detector among them: a pipeline that works on
/// the newest frame keeps up when the mean does.
#[derive(Clone, Debug)]
pub struct BudgetDial {
    budget_secs: f64,
    /// Best first.
    efforts: Vec<Effort>,
    current: usize,
    /// Whether the next frame is the first one with the current effort: nets may be prepared in it, so it does not count.
    is_first: bool,
    seen: Sums,
}

/// Sums over frames with one effort, in seconds.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    n_frames: u32,
    n_detections: u32,
    whole_frames: f64,
    pose: f64,
    detect: f64,
}

impl Sums {
    fn add(&mut self, times: &StageTimes) {
        self.n_frames += 1;
        self.whole_frames += times.total().as_secs_f64();
        self.pose += times.pose.as_secs_f64();
        if let Some(detect) = times.detect {
            self.n_detections += 1;
            self.detect += detect.as_secs_f64();
        }
    }

    fn a_frame(&self, sum: f64) -> f64 {
        sum / f64::from(self.n_frames.max(1))
    }
}

impl BudgetDial {
    /// Begins with the middle detector interval, all of `n_stacks`, the mirror if `has_mirror` and the fastest of
    /// `precisions`, which are best first.
    pub fn new(
        budget: Duration,
        n_stacks: usize,
        has_mirror: bool,
        precisions: &[Precision],
    ) -> Self {
        let n_stacks = n_stacks.max(1);
        let (fastest, better) = precisions.split_last().unwrap_or((&Precision::Full, &[]));
        let effort = |stacks, mirror, precision, detect_every| Effort {
            stacks,
            n_stacks,
            precision,
            mirror,
            detect_every,
        };
        // rounding costs next to nothing, so it comes before all else that saves time
        let everything = better
            .iter()
            .map(|precision| effort(n_stacks, has_mirror, *precision, INTERVALS[0]));
        // looking twice is worth less than the last stack: AP .011 and .088 (training/RESULTS.md, chain)
        let in_mirror = has_mirror.then_some((n_stacks, true));
        let looks = in_mirror
            .into_iter()
            .chain((1..=n_stacks).rev().map(|stacks| (stacks, false)));
        let rounded = looks.enumerate().flat_map(|(idx, (stacks, mirror))| {
            // a smaller net with the detector as often as possible is no better than the whole net
            let intervals = if idx == 0 {
                &INTERVALS[..]
            } else {
                &INTERVALS[1..]
            };
            intervals
                .iter()
                .map(move |detect_every| effort(stacks, mirror, *fastest, *detect_every))
        });
        let efforts: Vec<Effort> = everything.chain(rounded).collect();
        Self {
            budget_secs: budget.as_secs_f64(),
            efforts,
            current: better.len() + 1,
            is_first: true,
            seen: Sums::default(),
        }
    }

    /// What the next frame gets.
    pub fn effort(&self) -> Effort {
        self.efforts[self.current]
    }

    /// Learns from a frame that was worked on with [`Self::effort`].
    pub fn observe(&mut self, times: &StageTimes) {
        if std::mem::take(&mut self.is_first) {
            return;
        }
        self.seen.add(times);
        if self.seen.n_frames < MEASURED_FRAMES {
            return;
        }
        let chosen = self.choice();
        self.is_first = chosen != self.current;
        self.current = chosen;
        self.seen = Sums::default();
    }

    fn choice(&self) -> usize {
        let fits = |idx: &usize, share: f64| self.expected_secs(*idx) <= share * self.budget_secs;
        if self.budget_secs < self.expected_secs(self.current) {
            let cheapest = self.efforts.len() - 1;
            (self.current + 1..cheapest)
                .find(|idx| fits(idx, ROOM_AFTER_FALL))
                .unwrap_or(cheapest)
        } else {
            (0..self.current)
                .find(|idx| fits(idx, ROOM_TO_RISE))
                .unwrap_or(self.current)
        }
    }

    /// What a frame would take, from what it takes now.
    fn expected_secs(&self, idx: usize) -> f64 {
        let whole_frame = self.seen.a_frame(self.seen.whole_frames);
        if idx == self.current {
            return whole_frame;
        }
        let (now, then) = (self.efforts[self.current], self.efforts[idx]);
        let pose = self.seen.a_frame(self.seen.pose);
        let pose_change = pose * (pose_share(then) / pose_share(now) - 1.0);
        let detect = self.seen.a_frame(self.seen.detect);
        let often_now = self.seen.a_frame(f64::from(self.seen.n_detections));
        // on some frames it runs whatever the dial says: somebody was lost, nobody is followed, or frames come slowly
        let wanted = |effort: Effort| 1.0 / f64::from(effort.detect_every);
        let free = (1.0 - wanted(now)).max(f64::EPSILON);
        let forced = ((often_now - wanted(now)) / free).clamp(0.0, 1.0);
        let often_then = forced + (1.0 - forced) * wanted(then);
        // where it has not run at all there is nothing to go by
        let detect_share = if 0.0 < often_now {
            looks(then) / looks(now) * often_then / often_now
        } else {
            1.0
        };
        whole_frame + pose_change + detect * (detect_share - 1.0)
    }
}

/// Smallest share of the time of full precision that a net was measured to need in int16 (README, pose nets): with a larger
/// one full precision would be expected to fit where it does not, and the dial would go back and forth.
const INT16_SHARE: f64 = 0.57;

/// Relative cost of the pose net: what comes before the first stack costs about as much as a stack.
fn pose_share(effort: Effort) -> f64 {
    let stacks = (1 + effort.stacks) as f64;
    looks(effort) * stacks * precision_share(effort.precision, INT16_SHARE)
}

fn precision_share(precision: Precision, int16_share: f64) -> f64 {
    match precision {
        Precision::Full => 1.0,
        Precision::Int16 => int16_share,
    }
}

/// How often both nets look: with the mirror twice.
fn looks(effort: Effort) -> f64 {
    if effort.mirror { 2.0 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Duration = Duration::from_millis(33);

    /// A machine on which a stack and a detection take so long, and everything varies by a fifth.
    struct Machine {
        stack_ms: f64,
        detect_ms: f64,
        /// What int16 takes of the time of full precision, whatever the dial believes.
        int16_share: f64,
        /// On every so manieth frame somebody is lost, so that the detector runs; 0 for none, 1 where there is nobody at all.
        lost_every: u32,
        seed: u32,
    }

    impl Machine {
        fn vary(&mut self) -> f64 {
            self.seed = self.seed.wrapping_mul(1664525).wrapping_add(1013904223);
            0.8 + 0.4 * f64::from(self.seed >> 8) / f64::from(1 << 24)
        }

        /// Works on so many frames; gives the mean time of the last half in milliseconds, and how often the dial moved.
        fn run(&mut self, dial: &mut BudgetDial, n_frames: u32) -> (f64, usize) {
            let mut times_ms = Vec::new();
            let mut moves = 0;
            for frame in 0..n_frames {
                let effort = dial.effort();
                let ms = |ms: f64| Duration::from_micros((1e3 * ms) as u64);
                let stacks = (1 + effort.stacks) as f64;
                let share = precision_share(effort.precision, self.int16_share);
                let pose = self.stack_ms * stacks * looks(effort) * share * self.vary();
                let pose = if self.lost_every == 1 { 0.0 } else { pose };
                let is_lost = 0 < self.lost_every && frame.is_multiple_of(self.lost_every);
                let detect = self.detect_ms * looks(effort) * self.vary();
                let times = StageTimes {
                    detect: (is_lost || frame.is_multiple_of(effort.detect_every))
                        .then(|| ms(detect)),
                    pose: ms(pose),
                    ..StageTimes::default()
                };
                dial.observe(&times);
                moves += usize::from(dial.effort() != effort);
                times_ms.push(1e3 * times.total().as_secs_f64());
            }
            let last = &times_ms[times_ms.len() / 2..];
            (last.iter().sum::<f64>() / last.len() as f64, moves)
        }
    }

    #[test]
    fn a_fast_machine_gives_everything() {
        let mut dial = BudgetDial::new(BUDGET, 2, false, &Precision::ALL);
        let mut machine = Machine {
            stack_ms: 2.0,
            detect_ms: 5.0,
            int16_share: 0.8,
            lost_every: 0,
            seed: 1,
        };
        machine.run(&mut dial, 200);
        let effort = dial.effort();
        assert_eq!((effort.stacks, effort.detect_every), (2, 4));
        assert_eq!(effort.precision, Precision::Full);
    }

    #[test]
    fn a_slowed_clock_turns_the_dial_down_and_a_quick_one_up_again() {
        let mut dial = BudgetDial::new(BUDGET, 2, false, &Precision::ALL);
        let mut machine = Machine {
            stack_ms: 5.0,
            detect_ms: 20.0,
            int16_share: 0.8,
            lost_every: 0,
            seed: 2,
        };
        let (fast_ms, _) = machine.run(&mut dial, 300);
        assert!(fast_ms <= 33.0, "{fast_ms}");
        assert_eq!(dial.effort().stacks, 2);
        machine.stack_ms *= 2.6;
        machine.detect_ms *= 2.6;
        let (slow_ms, _) = machine.run(&mut dial, 300);
        assert!(slow_ms <= 33.0, "{slow_ms}");
        assert_eq!(dial.effort().stacks, 1);
        machine.stack_ms /= 2.6;
        machine.detect_ms /= 2.6;
        machine.run(&mut dial, 300);
        assert_eq!(dial.effort().stacks, 2);
    }

    #[test]
    fn rounding_comes_before_seeing_people_later() {
        let mut dial = BudgetDial::new(BUDGET, 2, false, &Precision::ALL);
        // in full precision 34 ms, in int16 28 ms
        let mut machine = Machine {
            stack_ms: 10.0,
            detect_ms: 16.0,
            int16_share: 0.8,
            lost_every: 0,
            seed: 3,
        };
        machine.run(&mut dial, 300);
        let effort = dial.effort();
        assert_eq!((effort.precision, effort.stacks), (Precision::Int16, 2));
        let mut alone = BudgetDial::new(BUDGET, 2, false, &[Precision::Full]);
        machine.run(&mut alone, 300);
        assert_eq!(alone.effort().precision, Precision::Full);
    }

    #[test]
    fn the_mirror_is_left_before_a_stack() {
        let mut dial = BudgetDial::new(BUDGET, 2, true, &Precision::ALL);
        let mut machine = Machine {
            stack_ms: 2.0,
            detect_ms: 10.0,
            int16_share: 0.8,
            lost_every: 0,
            seed: 4,
        };
        machine.run(&mut dial, 300);
        assert!(dial.effort().mirror);
        // in int16 45 ms with the mirror, 22 without
        machine.stack_ms = 9.0;
        let (ms, _) = machine.run(&mut dial, 300);
        assert!(ms <= 33.0, "{ms}");
        let effort = dial.effort();
        assert_eq!((effort.mirror, effort.stacks), (false, 2));
        machine.stack_ms = 2.0;
        machine.run(&mut dial, 300);
        assert!(dial.effort().mirror);
        let mut without = BudgetDial::new(BUDGET, 2, false, &Precision::ALL);
        machine.run(&mut without, 300);
        assert!(!without.effort().mirror);
    }

    #[test]
    fn the_dial_rests_on_a_steady_machine() {
        // what was measured of both nets with several instruction sets
        for int16_share in [0.57, 0.65, 0.8] {
            for (detect_ms, has_mirror, lost_every) in [
                (12.0, false, 0),
                (40.0, false, 0),
                (20.0, true, 0),
                (20.0, true, 1),
                (20.0, false, 2),
                (40.0, false, 3),
            ] {
                for quarter_ms in 4..=80 {
                    let mut dial = BudgetDial::new(BUDGET, 2, has_mirror, &Precision::ALL);
                    let stack_ms = f64::from(quarter_ms) / 4.0;
                    let mut machine = Machine {
                        stack_ms,
                        detect_ms,
                        int16_share,
                        lost_every,
                        seed: quarter_ms,
                    };
                    machine.run(&mut dial, 400);
                    let (_, moves) = machine.run(&mut dial, 2000);
                    assert!(
                        moves <= 2,
                        "{moves} moves at {stack_ms} ms a stack, {detect_ms} a detection, in int16 {int16_share}, \
                         mirror {has_mirror}, somebody lost every {lost_every}"
                    );
                }
            }
        }
    }
}
