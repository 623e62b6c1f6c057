//! What the `ffprobe` command knows about a video.

use std::time::Duration;

use serde_json::Value;

use super::program::{Ffmpeg, Input, apart};
use crate::source::h264::is_high_definition;

/// How far apart two statements of one time may be: both sides are rounded to microseconds.
pub const ROUNDING: Duration = Duration::from_micros(2);

/// Facts about a video; all of them may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Probe {
    /// Name of the coding: `"vp9"`.
    pub coding: Option<String>,
    /// Mean frames per second.
    pub fps: Option<f64>,
    /// Frames, where the container states it.
    pub n_frames: Option<u64>,
    /// Length.
    pub duration: Option<Duration>,
    /// Degrees clockwise.
    pub rotation: u32,
    /// Where the clock stands at the start, for containers whose clock may stand anywhere.
    pub clock_start: Duration,
    /// How the colors are coded, as ffmpeg calls it, where the file leaves it open and its size tells.
    pub assumed_matrix: Option<&'static str>,
}

impl Probe {
    /// Asks `ffprobe`; all is unknown when there is none or it does not understand the file.
    pub fn ask(ffmpeg: &Ffmpeg, input: &Input) -> Self {
        const ARGUMENTS: [&str; 6] = [
            "-select_streams",
            "V:0",
            "-show_entries",
            "stream=codec_name,width,height,color_space,avg_frame_rate,nb_frames,duration:stream_side_data=rotation:stream_tags=rotate:format=duration,start_time,format_name",
            "-of",
            "json",
        ];
        apart(&mut ffmpeg.probe_command(&ARGUMENTS, input))
            .output()
            .ok()
            .and_then(|answer| serde_json::from_slice(&answer.stdout).ok())
            .map(|answer: Value| Self::read(&answer))
            .unwrap_or_default()
    }

    fn read(answer: &Value) -> Self {
        let stream = &answer["streams"][0];
        let format = &answer["format"];
        // The clock of MPEG streams starts where the broadcast was cut; all others count from the beginning.
        let has_running_clock = matches!(format["format_name"].as_str(), Some("mpegts" | "mpeg"));
        let tells_colors = stream["color_space"]
            .as_str()
            .is_some_and(|name| name != "unknown");
        let size = ["width", "height"].map(|side| stream[side].as_u64().unwrap_or(0) as usize);
        Self {
            coding: stream["codec_name"].as_str().map(str::to_owned),
            fps: stream["avg_frame_rate"].as_str().and_then(ratio),
            n_frames: number(&stream["nb_frames"]),
            duration: secs(&stream["duration"]).or_else(|| secs(&format["duration"])),
            rotation: rotation(stream),
            clock_start: if has_running_clock {
                secs(&format["start_time"]).unwrap_or_default()
            } else {
                Duration::ZERO
            },
            // ffmpeg would take those of standard definition
            assumed_matrix: (!tells_colors && is_high_definition(size)).then_some("bt709"),
        }
    }
}

/// Times of all pictures in order, read from the container without decoding; `None` without `ffprobe`.
pub fn picture_times(ffmpeg: &Ffmpeg, input: &Input) -> Option<Vec<Duration>> {
    const ARGUMENTS: [&str; 6] = [
        "-select_streams",
        "V:0",
        "-show_entries",
        "packet=pts_time,dts_time,flags",
        "-of",
        "compact=p=0",
    ];
    let answer = ffmpeg.probe_command(&ARGUMENTS, input).output().ok()?;
    // Long recordings take long here, so the key that ends this program may end ffprobe, too: it has no exit code then,
    // and half of the times are worse than none.
    answer.status.code()?;
    let text = String::from_utf8_lossy(&answer.stdout);
    let mut times: Vec<_> = text.lines().filter_map(packet_time).collect();
    times.sort_unstable();
    (!times.is_empty()).then_some(times)
}

/// The times of the pictures that decoding gives, of all that a container holds: those from the first one on, once each.
///
/// Before it lie pictures whose references are missing, as in a stream that begins in the middle, and two have the same
/// time where one is never shown.
pub fn decoded_times(
    mut times: Vec<Duration>,
    clock_start: Duration,
    first: Duration,
) -> Vec<Duration> {
    for time in &mut times {
        *time = time.saturating_sub(clock_start);
    }
    times.retain(|time| first <= *time + ROUNDING);
    times.dedup();
    times
}

/// The time in `pts_time=0.040000|dts_time=0.000000|flags=K_`; packets that are not shown are marked `D`.
fn packet_time(line: &str) -> Option<Duration> {
    let field = |name: &str| {
        line.split('|')
            .find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    };
    if field("flags").is_some_and(|flags| flags.contains('D')) {
        return None;
    }
    let time = |name| field(name).and_then(|text| text.parse::<f64>().ok());
    time("pts_time")
        .or_else(|| time("dts_time"))
        .and_then(|secs| Duration::try_from_secs_f64(secs.max(0.0)).ok())
}

/// ffprobe writes most numbers as text.
fn number<T: std::str::FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.parse().ok()
}

fn secs(value: &Value) -> Option<Duration> {
    Duration::try_from_secs_f64(number(value)?).ok()
}

/// `"30000/1001"`.
fn ratio(text: &str) -> Option<f64> {
    let (above, below) = text.split_once('/')?;
    let ratio = above.parse::<f64>().ok()? / below.parse::<f64>().ok()?;
    (ratio.is_finite() && 0.0 < ratio).then_some(ratio)
}

/// The display matrix turns counterclockwise, the old tag clockwise.
fn rotation(stream: &Value) -> u32 {
    let by_matrix = stream["side_data_list"]
        .as_array()
        .and_then(|list| list.iter().find_map(|data| data["rotation"].as_f64()));
    let clockwise = by_matrix.map_or_else(
        || number(&stream["tags"]["rotate"]).unwrap_or(0.0),
        |degrees| -degrees,
    );
    (clockwise.round() as i64).rem_euclid(360) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_of_ffprobe_is_understood() {
        let answer = serde_json::json!({
            "streams": [{
                "codec_name": "vp9", "avg_frame_rate": "30000/1001", "nb_frames": "N/A",
                "side_data_list": [{"rotation": -90}]
            }],
            "format": {"format_name": "matroska,webm", "start_time": "3.5", "duration": "2.500000"}
        });
        let probe = Probe::read(&answer);
        assert_eq!(probe.coding.as_deref(), Some("vp9"));
        assert!((probe.fps.unwrap() - 29.97).abs() < 0.001);
        assert_eq!(probe.n_frames, None);
        assert_eq!(probe.duration, Some(Duration::from_millis(2500)));
        assert_eq!(probe.rotation, 90);
        assert_eq!(probe.clock_start, Duration::ZERO);
        assert_eq!(Probe::read(&Value::Null), Probe::default());
    }

    #[test]
    fn colors_that_are_left_open_are_those_of_the_size() {
        let matrix = |stream: Value| {
            let answer = serde_json::json!({ "streams": [stream] });
            Probe::read(&answer).assumed_matrix
        };
        let stream = |width: u32, height: u32, color_space: &str| serde_json::json!({"width": width, "height": height, "color_space": color_space});
        let untold = serde_json::json!({"width": 1280, "height": 720});
        assert_eq!(matrix(untold), Some("bt709"));
        assert_eq!(matrix(stream(1280, 720, "unknown")), Some("bt709"));
        assert_eq!(matrix(stream(1280, 720, "smpte170m")), None);
        assert_eq!(matrix(stream(720, 576, "unknown")), None);
    }

    #[test]
    fn pictures_that_are_never_decoded_do_not_count() {
        let ms =
            |list: &[u64]| -> Vec<_> { list.iter().map(|ms| Duration::from_millis(*ms)).collect() };
        let held = ms(&[1440, 1480, 1520, 1560, 1560, 1600]);
        let clock_start = Duration::from_millis(1400);
        // as ffmpeg and ffprobe round it
        let first = Duration::from_micros(120_001);
        assert_eq!(
            decoded_times(held, clock_start, first),
            ms(&[120, 160, 200])
        );
    }

    #[test]
    fn packets_give_their_time_unless_they_are_not_shown() {
        assert_eq!(
            packet_time("pts_time=0.040000|dts_time=0.000000|flags=K_"),
            Some(Duration::from_millis(40))
        );
        assert_eq!(
            packet_time("pts_time=N/A|dts_time=1.000000|flags=__"),
            Some(Duration::from_secs(1))
        );
        assert_eq!(packet_time("pts_time=0.0|dts_time=0.0|flags=KD"), None);
    }
}
