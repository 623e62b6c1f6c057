//! Finding and starting the `ffmpeg` and `ffprobe` commands.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::source::pixel_aspect::{NARROWEST, SQUARE_WITHIN, WIDEST};

/// Names another `ffmpeg` than the one on the search path; `ffprobe` is then looked for beside it.
pub const OVERRIDE: &str = "POSEGLASS_FFMPEG";

/// The `ffmpeg` that is used, whether it is there or not.
pub fn command() -> PathBuf {
    std::env::var_os(OVERRIDE).map_or_else(|| "ffmpeg".into(), PathBuf::from)
}

/// The `ffprobe` that is used, whether it is there or not.
pub fn probe_command() -> PathBuf {
    probe_of(&command())
}

/// The `ffprobe` that goes with an `ffmpeg`.
fn probe_of(ffmpeg: &Path) -> PathBuf {
    if ffmpeg.components().count() == 1 {
        PathBuf::from("ffprobe")
    } else {
        ffmpeg.with_file_name("ffprobe")
    }
}

/// An `ffmpeg` that can be started.
#[derive(Clone, Debug)]
pub struct Ffmpeg {
    program: PathBuf,
    /// `None` for builds whose version is no number, which are newer than any release.
    version: Option<(u32, u32)>,
}

impl Ffmpeg {
    /// Looks for it; `None` when it cannot be started.
    pub fn find() -> Option<Self> {
        let program = command();
        let mut question = Command::new(&program);
        question.arg("-version").stdin(Stdio::null());
        let answer = apart(&mut question).output().ok()?;
        let text = String::from_utf8_lossy(&answer.stdout);
        text.starts_with("ffmpeg version").then(|| Self {
            version: version_in(&text),
            program,
        })
    }

    fn is_at_least(&self, wanted: (u32, u32)) -> bool {
        self.version.is_none_or(|version| wanted <= version)
    }

    /// The command that writes the pictures of `path` to its standard output, from `start_secs` on.
    ///
    /// What it writes is a fragmented mov of uncompressed pictures: the simplest form that carries exact times
    /// and can be read while it is written.
    pub fn decode_command(&self, input: &Input, start_secs: Option<f64>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-copyts"]);
        if let Some(start_secs) = start_secs {
            command.args(["-ss", &format!("{start_secs:.6}")]);
        }
        input.add_to(&mut command);
        // V leaves out cover pictures
        command.args(["-map", "0:V:0"]);
        command.args(if self.is_at_least((5, 1)) {
            ["-fps_mode", "passthrough"]
        } else {
            ["-vsync", "passthrough"]
        });
        command.args(["-vf", &scaling(input.assumed_matrix)]);
        // otherwise times would be rounded to the mean frame rate
        command.args(["-enc_time_base", "1:1000000"]);
        command.args(["-c:v", "rawvideo", "-pix_fmt", "rgb24", "-f", "mov"]);
        command.args(["-movflags", "frag_every_frame+delay_moov+default_base_moof"]);
        if self.is_at_least((5, 0)) {
            // the time of the first picture counts in it
            command.args(["-movie_timescale", "1000000"]);
        }
        command.arg("pipe:1");
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        apart(&mut command);
        command
    }

    /// An `ffprobe` command with these arguments about the file.
    pub fn probe_command(&self, arguments: &[&str], input: &Input) -> Command {
        let mut command = Command::new(probe_of(&self.program));
        command
            .args(["-hide_banner", "-loglevel", "error"])
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        input.add_to(&mut command);
        command
    }
}

/// Keeps the key that ends this program (Ctrl+C) from ending the command before it: a recording that breaks off would
/// be taken for a broken one.
///
/// The command ends all the same: whoever started it kills it or waits for it, and its pipe breaks with this program.
pub fn apart(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    command
}

/// The filter that makes pixels square and leaves all other pictures as they are, in the colors of `assumed_matrix`
/// if that is given.
///
/// Rows stay as they are, since those of interlaced pictures belong to two times. ffmpeg turns pictures before it
/// filters them, and their pixels with them.
fn scaling(assumed_matrix: Option<&str>) -> String {
    // sar is the shape of a pixel, or 1 where it is unknown
    let is_oblong = format!("gt(abs(sar-1),{SQUARE_WITHIN})*between(sar,{NARROWEST},{WIDEST})");
    let colors = assumed_matrix.map_or_else(String::new, |name| format!(":in_color_matrix={name}"));
    format!("scale=w='if({is_oblong},round(iw*sar),iw)':h=ih{colors}")
}

/// What is to be read.
#[derive(Clone, Debug)]
pub struct Input {
    /// The file.
    pub path: PathBuf,
    /// Which of its readers ffmpeg has to take, where that is known: on its own it also looks at the name.
    pub demuxer: Option<&'static str>,
    /// How its colors are coded, as ffmpeg calls it, where it leaves that open and ffmpeg would assume something else.
    pub assumed_matrix: Option<&'static str>,
}

impl Input {
    fn add_to(&self, command: &mut Command) {
        if let Some(demuxer) = self.demuxer {
            command.args(["-f", demuxer]);
        }
        // so that a name with a colon or a leading dash is a name, too
        let mut url = OsString::from("file:");
        url.push(&self.path);
        command.arg("-i").arg(url);
    }
}

/// The numbers in `ffmpeg version 5.1.9-0+deb12u1 …` or `ffmpeg version n7.1 …`.
fn version_in(text: &str) -> Option<(u32, u32)> {
    let word = text
        .strip_prefix("ffmpeg version ")?
        .split_whitespace()
        .next()?;
    let mut numbers = word
        .trim_start_matches('n')
        .split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_releases_and_of_builds_from_git_are_understood() {
        assert_eq!(
            version_in("ffmpeg version 5.1.9-0+deb12u1 Copyright"),
            Some((5, 1))
        );
        assert_eq!(version_in("ffmpeg version n7.1 Copyright"), Some((7, 1)));
        assert_eq!(version_in("ffmpeg version 8 Copyright"), Some((8, 0)));
        assert_eq!(version_in("ffmpeg version N-117-gabc Copyright"), None);
    }

    #[test]
    fn ffprobe_is_looked_for_where_ffmpeg_is() {
        for (ffmpeg, ffprobe) in [
            ("ffmpeg", "ffprobe"),
            ("/opt/new/ffmpeg", "/opt/new/ffprobe"),
            ("./ffmpeg-8", "./ffprobe"),
        ] {
            assert_eq!(probe_of(Path::new(ffmpeg)), Path::new(ffprobe));
        }
    }

    #[test]
    fn colors_are_assumed_only_where_that_is_asked_for() {
        assert!(!scaling(None).contains("matrix"));
        assert!(scaling(Some("bt709")).ends_with(":h=ih:in_color_matrix=bt709"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn command_is_not_in_the_group_that_a_key_ends() {
        // the fifth number that the system has about a process is its group
        const TELL_GROUP: &str =
            "read -r id name state parent group rest < /proc/$$/stat; echo $$ $group";
        let ids = |command: &mut Command| -> Vec<u32> {
            let answer = command.args(["-c", TELL_GROUP]).output().unwrap();
            String::from_utf8_lossy(&answer.stdout)
                .split_whitespace()
                .map(|id| id.parse().unwrap())
                .collect()
        };
        let with_us = ids(&mut Command::new("sh"));
        assert_ne!(with_us[0], with_us[1]);
        let on_its_own = ids(apart(&mut Command::new("sh")));
        assert_eq!(on_its_own[0], on_its_own[1]);
    }
}
