//! What can be typed after `poseglass measure`.

use std::path::PathBuf;

use crate::cli::export_args::parse_positive;
use crate::cli::read_args::ReadArgs;
use crate::geom::{Image, Point};
use crate::measure::angle_table::angle_idx;
use crate::measure::landmarks::MIN_CONFIDENCE;
use crate::measure::repetitions::Thresholds;
use crate::measure::{ANGLES, Floor, Scale};

/// `poseglass measure`
#[derive(Clone, Debug, clap::Args)]
pub struct MeasureArgs {
    /// Results: jsonl of poseglass, or those of other programs that `convert` reads
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// Only this person, by the number that the results give them; otherwise everybody
    #[arg(long, value_name = "ID")]
    pub person: Option<u32>,
    /// Write all angles and their speeds as a table: a row a frame, degrees and degrees per second
    #[arg(long, value_name = "OUT.csv")]
    pub angles: Option<PathBuf>,
    /// Heel strikes, steps, strides, cadence, stance and symmetry of a walk that is seen from the side
    #[arg(long)]
    pub gait: bool,
    /// Count the repetitions of an exercise by this angle, as in `right_knee` for squats; the visible side that was
    /// known last counts where it cannot be told
    #[arg(long, value_name = "ANGLE", value_parser = parse_angle)]
    pub repetitions: Option<usize>,
    /// A repetition goes beyond both of these angles, in degrees; by default they are found from the angle's range
    #[arg(long, value_name = "LOW,HIGH", value_parser = parse_thresholds, requires = "repetitions", allow_hyphen_values = true)]
    pub thresholds: Option<Thresholds>,
    /// How tall the person is, in meters (0.5 to 2.8): gives lengths in meters, within a few percent; where IN shows
    /// several people, --person says who it is
    #[arg(long, value_name = "H", conflicts_with_all = ["known_length", "meters_per_pixel"])]
    pub height_m: Option<f64>,
    /// Two points of the picture in pixels and the meters between them: gives lengths in meters
    #[arg(long, value_name = "X1,Y1,X2,Y2,METERS", value_parser = parse_known_length, conflicts_with = "meters_per_pixel")]
    pub known_length: Option<KnownLength>,
    /// How many meters a pixel is: gives lengths in meters, and TRC files in meters cannot be read without
    #[arg(long, value_name = "M", value_parser = parse_positive)]
    pub meters_per_pixel: Option<f64>,
    /// The floor, which angles of segments and steps are measured against: auto (from standing feet), the degrees by
    /// which it rises to the right (between -90 and 90), or two points of it; by default it is level
    #[arg(long, value_name = "auto|DEG|X1,Y1,X2,Y2", value_parser = parse_floor, allow_hyphen_values = true)]
    pub floor: Option<FloorArg>,
    /// Which side of the person is seen; auto goes by walking, face and shoulders
    #[arg(long, default_value = "auto", value_enum, value_name = "SIDE")]
    pub visible_side: VisibleSideArg,
    /// Leave out joints of which the net was less sure
    #[arg(long, default_value_t = MIN_CONFIDENCE, value_name = "C", value_parser = parse_confidence)]
    pub min_confidence: f32,
    /// Measure the joints as the net saw them
    #[arg(long, conflicts_with = "smoothed")]
    pub raw: bool,
    /// Measure the smoothed joints, and nothing else; by default they are taken where the file has them
    #[arg(long)]
    pub smoothed: bool,
    /// Print the report as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// What IN does not say of itself
    #[command(flatten)]
    pub reading: ReadArgs,
}

impl MeasureArgs {
    /// The length that was given, be it that of a pixel.
    pub fn known_length(&self) -> Option<KnownLength> {
        let of_pixel = |length_m| KnownLength {
            from: Point::new(0.0, 0.0),
            to: Point::new(1.0, 0.0),
            length_m,
        };
        self.known_length
            .or_else(|| self.meters_per_pixel.map(of_pixel))
    }
}

/// `X1,Y1,X2,Y2,METERS`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KnownLength {
    /// One end.
    pub from: Point<Image>,
    /// The other end.
    pub to: Point<Image>,
    /// Meters between them.
    pub length_m: f64,
}

/// What `--floor` says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FloorArg {
    /// Find it from standing feet.
    Auto,
    /// It is this.
    Given(Floor),
}

/// What `--visible-side` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum VisibleSideArg {
    /// Decide for every frame.
    Auto,
    /// The left side, in all frames.
    Left,
    /// The right side, in all frames.
    Right,
    /// The front or the back, in all frames.
    None,
}

fn parse_angle(typed: &str) -> Result<usize, String> {
    angle_idx(typed).ok_or_else(|| {
        let names = ANGLES.map(|angle| angle.name).join(", ");
        format!("choose one of {names}")
    })
}

/// A number from 0 to 1.
pub(super) fn parse_confidence(typed: &str) -> Result<f32, String> {
    typed
        .parse()
        .ok()
        .filter(|confidence| (0.0..=1.0).contains(confidence))
        .ok_or_else(|| "write a number from 0 to 1".to_owned())
}

/// Exactly `N` finite numbers with commas between them.
fn parse_numbers<const N: usize>(typed: &str) -> Option<[f64; N]> {
    let numbers: Vec<f64> = typed
        .split(',')
        .map(|number| number.trim().parse::<f64>().ok())
        .collect::<Option<_>>()?;
    let numbers: [f64; N] = numbers.try_into().ok()?;
    numbers
        .iter()
        .all(|number| number.is_finite())
        .then_some(numbers)
}

fn point(x: f64, y: f64) -> Point<Image> {
    Point::new(x as f32, y as f32)
}

fn parse_thresholds(typed: &str) -> Result<Thresholds, String> {
    parse_numbers(typed)
        .filter(|[low_deg, high_deg]| low_deg < high_deg)
        .map(|[low_deg, high_deg]| Thresholds { low_deg, high_deg })
        .ok_or_else(|| "write two angles in degrees, the lower one first, as in 30,80".to_owned())
}

fn parse_known_length(typed: &str) -> Result<KnownLength, String> {
    let [x1, y1, x2, y2, length_m] = parse_numbers(typed)
        .ok_or("write two points in pixels and the meters between them, as in 100,400,500,400,2")?;
    let known = KnownLength {
        from: point(x1, y1),
        to: point(x2, y2),
        length_m,
    };
    Scale::from_known_length(known.from, known.to, length_m)
        .map(|_scale| known)
        .map_err(|error| error.to_string())
}

fn parse_floor(typed: &str) -> Result<FloorArg, String> {
    if typed == "auto" {
        return Ok(FloorArg::Auto);
    }
    let floor = if let Some([deg]) = parse_numbers(typed) {
        Floor::with_rise(deg)
    } else if let Some([x1, y1, x2, y2]) = parse_numbers(typed) {
        Floor::through(point(x1, y1), point(x2, y2))
    } else {
        return Err("write auto, degrees as in 2.5, or two points as in 0,480,640,470".to_owned());
    };
    floor
        .map(FloorArg::Given)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_counted() {
        assert_eq!(parse_numbers("1, -2.5"), Some([1.0, -2.5]));
        for wrong in ["1", "1,2,3", "1,x", "1,nan", "inf,1", "", ","] {
            assert_eq!(parse_numbers::<2>(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(parse_thresholds("30,80").is_ok());
        assert!(parse_thresholds("80,30").is_err());
        assert!(parse_known_length("0,0,0,0,1").is_err());
        assert!(parse_known_length("0,0,100,0,-1").is_err());
        assert_eq!(parse_floor("auto"), Ok(FloorArg::Auto));
        assert!(parse_floor("-2.5").is_ok());
        assert!(parse_floor("0,480,640,470").is_ok());
        assert!(parse_floor("91").is_err());
        // a wall
        assert!(parse_floor("100,0,100,480").is_err());
        assert!(parse_angle("right_ankle").is_err());
        assert!(parse_confidence("1.5").is_err());
    }
}
