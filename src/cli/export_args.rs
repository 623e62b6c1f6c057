//! Options of files that come out, shared by the commands that write them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::export::{ExportFormat, ExportOptions, place_of};

/// How numbers over time are written.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ExportOptionArgs {
    /// How large a pixel is where the people are: trc is then written in meters, y up, and read where it is in meters
    #[arg(long, value_name = "M", value_parser = parse_positive)]
    pub meters_per_pixel: Option<f64>,
    /// Write trc, trc-kinovea, mot and sto at this constant rate instead of at the frames' own times
    #[arg(long, value_name = "HZ", value_parser = parse_positive)]
    pub resample_hz: Option<f64>,
}

impl ExportOptionArgs {
    /// The same as the writers' own settings; what would make no difference to any output is refused.
    ///
    /// `reads_scale` says that the size of a pixel is needed for reading already.
    pub fn options(
        &self,
        outputs: &[(ExportFormat, PathBuf)],
        reads_scale: bool,
    ) -> anyhow::Result<ExportOptions> {
        let some = |has: fn(ExportFormat) -> bool| outputs.iter().any(|(format, _)| has(*format));
        anyhow::ensure!(
            self.meters_per_pixel.is_none() || reads_scale || some(ExportFormat::has_scale),
            "--meters-per-pixel does nothing here: only trc can be in meters"
        );
        anyhow::ensure!(
            self.resample_hz.is_none() || some(ExportFormat::has_rate),
            "--resample-hz does nothing here: it is for {}",
            ExportFormat::ALL
                .into_iter()
                .filter(|format| format.has_rate())
                .map(ExportFormat::name)
                .collect::<Vec<&str>>()
                .join(", ")
        );
        Ok(ExportOptions {
            meters_per_pixel: self.meters_per_pixel,
            resample_hz: self.resample_hz,
            one_picture_a_row: false,
        })
    }
}

/// Two writers in one file would leave neither's.
pub(super) fn refuse_output_twice<'a>(
    outputs: impl Iterator<Item = &'a Path>,
) -> anyhow::Result<()> {
    let mut places = BTreeSet::new();
    for output in outputs {
        anyhow::ensure!(
            places.insert(place_of(output)),
            "{} would be written twice at the same time: give every output a name of its own",
            output.display()
        );
    }
    Ok(())
}

/// Reads `FORMAT=PATH`, where the path may be any that the system has.
pub(super) fn export_parser() -> impl TypedValueParser<Value = (ExportFormat, PathBuf)> {
    OsStringValueParser::new().try_map(|typed| parse_export(&typed))
}

fn parse_export(typed: &OsStr) -> Result<(ExportFormat, PathBuf), String> {
    let bytes = typed.as_encoded_bytes();
    let at = (bytes.iter().position(|byte| *byte == b'='))
        .ok_or_else(|| "write FORMAT=PATH, as in jsonl=out.jsonl".to_owned())?;
    let (format, path) = (String::from_utf8_lossy(&bytes[..at]), &bytes[at + 1..]);
    if path.is_empty() {
        return Err(format!("{format}= lacks a path"));
    }
    let format = format
        .parse::<ExportFormat>()
        .map_err(|error| error.to_string())?;
    #[cfg(unix)]
    let path = <OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path);
    #[cfg(not(unix))]
    let path = std::str::from_utf8(path).map_err(|error| error.to_string())?;
    Ok((format, PathBuf::from(path)))
}

/// A number above 0 that leaves others finite when they are divided by it.
pub(super) fn parse_positive(typed: &str) -> Result<f64, String> {
    typed
        .parse::<f64>()
        .ok()
        .filter(|number| (1e-6..=1e6).contains(number))
        .ok_or_else(|| format!("{typed:?} is no number between 0.000001 and 1000000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_does_nothing_is_refused() {
        let args = ExportOptionArgs {
            meters_per_pixel: Some(0.002),
            resample_hz: None,
        };
        let csv = [(ExportFormat::Csv, PathBuf::from("a.csv"))];
        assert!(args.options(&csv, false).is_err());
        assert!(args.options(&csv, true).is_ok());
        let trc = [(ExportFormat::Trc, PathBuf::from("a.trc"))];
        assert_eq!(
            args.options(&trc, false).unwrap().meters_per_pixel,
            Some(0.002)
        );
    }

    #[test]
    fn exports_name_format_and_path() {
        let parsed = |typed: &str| parse_export(OsStr::new(typed));
        let expected = (ExportFormat::Jsonl, PathBuf::from("a=b.jsonl"));
        assert_eq!(parsed("jsonl=a=b.jsonl"), Ok(expected));
        for wrong in ["jsonl", "jsonl=", "xml=out", ""] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_place_is_no_two_outputs_however_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::create_dir(path("sub")).unwrap();
        std::fs::write(path("there.csv"), "").unwrap();
        let refused = |names: [&str; 2]| {
            let paths = names.map(path);
            refuse_output_twice(paths.iter().map(PathBuf::as_path)).is_err()
        };
        assert!(!refused(["a.csv", "b.csv"]));
        assert!(!refused(["a.csv", "sub/a.csv"]));
        assert!(refused(["a.csv", "a.csv"]));
        assert!(refused(["new.csv", "sub/../new.csv"]));
        assert!(refused(["sub/../there.csv", "there.csv"]));
        assert!(refused(["no folder/a.csv", "no folder/a.csv"]));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("new.csv", path("link.csv")).unwrap();
            assert!(refused(["link.csv", "new.csv"]));
        }
    }

    #[test]
    fn scales_and_rates_are_above_zero() {
        assert_eq!(parse_positive("29.97"), Ok(29.97));
        for wrong in ["0", "-1", "nan", "inf", "1e300", "1e-300", "fast", ""] {
            assert!(parse_positive(wrong).is_err(), "{wrong}");
        }
    }
}
