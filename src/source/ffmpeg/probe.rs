//! What the `ffprobe` command knows about a video.

use std::time::Duration;

use serde_json::Value;

use super::program::{Ffmpeg, Input};

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
}

impl Probe {
    /// Asks `ffprobe`; all is unknown when there is none or it does not understand the file.
    pub fn ask(ffmpeg: &Ffmpeg, input: &Input) -> Self {
        const ARGUMENTS: [&str; 6] = [
            "-select_streams",
            "V:0",
            "-show_entries",
            "stream=codec_name,avg_frame_rate,nb_frames,duration:stream_side_data=rotation:stream_tags=rotate:format=duration,start_time,format_name",
            "-of",
            "json",
        ];
        ffmpeg
            .probe_command(&ARGUMENTS, input)
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
    let text = String::from_utf8_lossy(&answer.stdout);
    let mut times: Vec<_> = text.lines().filter_map(packet_time).collect();
    times.sort_unstable();
    (!times.is_empty()).then_some(times)
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
