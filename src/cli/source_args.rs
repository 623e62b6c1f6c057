//! Options of what is opened, shared by the window and the commands that open recordings.

use crate::cli::export_args::parse_positive;
use crate::source::{SourceError, SourceSpec};

/// What a folder of pictures does not say of itself.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PictureArgs {
    /// For a folder of pictures that are the frames of a video: how many there are in a second; without it each picture
    /// is shown for a second, unless the window opens a folder again that it has shown at a rate
    #[arg(long, value_name = "N", value_parser = parse_positive)]
    pub fps: Option<f64>,
}

impl PictureArgs {
    /// The source as it is to be opened; a rate is refused where there can be no folder.
    pub fn source(&self, named: SourceSpec) -> Result<SourceSpec, SourceError> {
        match self.fps {
            Some(rate_hz) => named.at_rate(rate_hz),
            None => Ok(named),
        }
    }

    /// The same for the window, which may be opened without a source.
    pub fn source_of_window(
        &self,
        named: Option<SourceSpec>,
    ) -> anyhow::Result<Option<SourceSpec>> {
        anyhow::ensure!(
            named.is_some() || self.fps.is_none(),
            "--fps is for a folder of pictures: name that, too, as in `poseglass FOLDER --fps 25`"
        );
        Ok(named.map(|named| self.source(named)).transpose()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_for_paths_alone() {
        let at_25 = PictureArgs { fps: Some(25.0) };
        let without = PictureArgs::default();
        let folder = || SourceSpec::Path("frames".into());
        assert_eq!(without.source(folder()).unwrap(), folder());
        let expected = folder().at_rate(25.0).unwrap();
        assert_eq!(at_25.source(folder()).unwrap(), expected);
        assert!(at_25.source(SourceSpec::Camera(0)).is_err());
        assert_eq!(
            at_25.source_of_window(Some(folder())).unwrap(),
            Some(expected)
        );
        assert_eq!(without.source_of_window(None).unwrap(), None);
        assert!(at_25.source_of_window(None).is_err());
    }
}
