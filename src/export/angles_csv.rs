//! A table of angles over time.
//!
//! RFC 4180 with a decimal point and plain line feeds, as the tables of joints; an angle that is missing has an empty
//! field. Degrees are those of [`crate::measure::angles`], unwrapped over time, so they may be above 180.

use std::path::Path;

use crate::export::ExportError;
use crate::export::text_file::TextFile;
use crate::measure::{ANGLES, AngleSeries, Angles};

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
    let mut rows: Vec<(&AngleSeries, usize)> = people
        .iter()
        .flat_map(|person| (0..person.frames.len()).map(move |i| (person, i)))
        .collect();
    rows.sort_by_key(|(person, i)| (person.frames[*i], person.id));
    for (person, i) in rows {
        file.write(&format!(
            "{},{},{}{}{},{}\n",
            person.frames[i],
            person.times_secs[i],
            person.id.0,
            fields(&person.angles_deg[i]),
            fields(&person.speeds_deg_per_sec[i]),
            person.sides[i].name()
        ))?;
    }
    file.finish()
}

/// `,number` for each angle, to a thousandth; nothing after the comma where it is missing.
fn fields(angles: &Angles) -> String {
    angles
        .map(|number| number.map_or_else(|| ",".to_owned(), |number| format!(",{number:.3}")))
        .concat()
}
