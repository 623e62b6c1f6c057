//! A table of angles over time.
//!
//! RFC 4180 with a decimal point and plain line feeds, as the tables of joints; an angle that is missing has an empty
//! field. Degrees are those of [`crate::measure::angles`], without jumps of whole turns over time, so they may be above 180;
//! gaps part them as they part the angles of `.sto` files.

use std::path::Path;

use crate::export::ExportError;
use crate::export::resample::LONGEST_BRIDGED_SECS;
use crate::export::text_file::TextFile;
use crate::measure::{ANGLES, AngleSeries, Angles, N_ANGLES};

/// Writes `frame,time_s,track_id,right_knee_deg,…,right_knee_deg_per_s,…,visible_side`, a row a person and frame, in
/// the order of frames and people.
pub fn write_angles(path: &Path, people: &[AngleSeries]) -> Result<(), ExportError> {
    let mut file = TextFile::create(path)?;
    let degs = ANGLES.map(|angle| format!(",{}_deg", angle.name));
    let speeds = ANGLES.map(|angle| format!(",{}_deg_per_s", angle.name));
    file.write(&format!(
        "frame,time_s,track_id{}{},visible_side\n",
        degs.concat(),
        speeds.concat()
    ))?;
    let joined: Vec<Joined<'_>> = people.iter().map(Joined::new).collect();
    let mut rows: Vec<(&Joined<'_>, usize)> = joined
        .iter()
        .flat_map(|joined| (0..joined.person.frames.len()).map(move |i| (joined, i)))
        .collect();
    rows.sort_by_key(|(joined, i)| (joined.person.frames[*i], joined.person.id));
    for (joined, i) in rows {
        let person = joined.person;
        file.write(&format!(
            "{},{},{}{}{},{}\n",
            person.frames[i],
            person.times_secs[i],
            person.id.0,
            fields(&joined.angles_deg(i)),
            fields(&person.speeds_deg_per_sec[i]),
            person.sides[i].name()
        ))?;
    }
    file.finish()
}

/// A person's angles without jumps of whole turns.
struct Joined<'a> {
    person: &'a AngleSeries,
    /// `[angle][frame]`.
    degs: [Vec<Option<f64>>; N_ANGLES],
}

impl<'a> Joined<'a> {
    fn new(person: &'a AngleSeries) -> Self {
        Self {
            person,
            degs: std::array::from_fn(|angle_idx| {
                person.joined_deg(angle_idx, LONGEST_BRIDGED_SECS)
            }),
        }
    }

    fn angles_deg(&self, frame: usize) -> Angles {
        self.degs.each_ref().map(|degs| degs[frame])
    }
}

/// `,number` for each angle, to a thousandth; nothing after the comma where it is missing.
fn fields(angles: &Angles) -> String {
    angles
        .map(|number| number.map_or_else(|| ",".to_owned(), |number| format!(",{number:.3}")))
        .concat()
}
