//! What an export writes, and where: the one list that the dialog shows.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::base::free_name::first_free;
use crate::export::{ExportFormat, is_taken};
use crate::source::{SourceKind, SourceSpec};
use crate::whole_run::OutputPaths;

use super::saving::{dir_of, name_of, system_pictures_dir};

/// More exports of one recording than anybody wants in one folder.
const MOST_TRIES: u32 = 1000;

/// What stands behind the recording's name.
const STEM_END: &str = "-poses";

/// A file, or several of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The recording with its people drawn on it.
    Annotated,
    /// The results.
    Results(ExportFormat),
}

impl Output {
    /// Every one, in the order in which they are offered: what most people want comes first.
    pub const ALL: [Self; 12] = [
        Self::Annotated,
        Self::Results(ExportFormat::Jsonl),
        Self::Results(ExportFormat::Csv),
        Self::Results(ExportFormat::CsvWide),
        Self::Results(ExportFormat::Trc),
        Self::Results(ExportFormat::TrcKinovea),
        Self::Results(ExportFormat::Mot),
        Self::Results(ExportFormat::Sto),
        Self::Results(ExportFormat::Coco),
        Self::Results(ExportFormat::OpenPose),
        Self::Results(ExportFormat::PoseTrack),
        Self::Results(ExportFormat::MotChallenge),
    ];

    /// What the dialog calls it; in brackets what the command line does.
    pub const fn text(self) -> &'static str {
        self.texts().0
    }

    /// What it is good for.
    pub const fn description(self) -> &'static str {
        self.texts().1
    }

    /// How the name of its file ends, behind the recording's name and a number.
    const fn ending(self) -> &'static str {
        self.texts().2
    }

    const fn texts(self) -> (&'static str, &'static str, &'static str) {
        let format = match self {
            Self::Annotated => {
                return (
                    "Annotated video",
                    "The recording with boxes, skeletons and numbers of people drawn on it",
                    ".mp4",
                );
            }
            Self::Results(format) => format,
        };
        match format {
            ExportFormat::Jsonl => (
                "Results (jsonl)",
                "All that was found, a line a frame; poseglass opens, converts and measures it",
                ".jsonl",
            ),
            ExportFormat::Csv => (
                "Table of joints (csv)",
                "A row for each joint, for spreadsheets and statistics; pixels",
                ".csv",
            ),
            ExportFormat::CsvWide => (
                "Table of people (csv-wide)",
                "A row for each person in each frame, for spreadsheets; pixels",
                "-wide.csv",
            ),
            ExportFormat::Trc => (
                "Markers (trc)",
                "For OpenSim, Sports2D and Pose2Sim, a file a person; pixels",
                ".trc",
            ),
            ExportFormat::TrcKinovea => (
                "Markers for Kinovea (trc-kinovea)",
                "As Kinovea imports them, a file a person; thousandths of pixels",
                "-kinovea.trc",
            ),
            ExportFormat::Mot => (
                "Motion (mot)",
                "Joint angles for OpenSim in even steps without gaps, a file a person",
                ".mot",
            ),
            ExportFormat::Sto => (
                "Angles (sto)",
                "Joint angles for OpenSim at the times of the frames, a file a person",
                ".sto",
            ),
            ExportFormat::Coco => (
                "COCO keypoints (coco)",
                "Keypoint results for evaluation, in one file",
                "-coco.json",
            ),
            ExportFormat::OpenPose => (
                "OpenPose folder (openpose)",
                "A folder with a file for each frame, for programs that read OpenPose",
                "-openpose",
            ),
            ExportFormat::PoseTrack => (
                "PoseTrack 2018 (posetrack18)",
                "People and joints followed over time, for evaluation",
                "-posetrack18.json",
            ),
            ExportFormat::MotChallenge => (
                "MOTChallenge (mot-challenge)",
                "Boxes of people followed over time, for evaluation",
                "-mot-challenge.txt",
            ),
        }
    }
}

/// What the user has chosen; it stays until the window is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportChoice {
    /// In the order of [`Output::ALL`].
    outputs: Vec<Output>,
    /// Where the files go; beside the recording if `None`.
    pub folder: Option<PathBuf>,
}

impl Default for ExportChoice {
    fn default() -> Self {
        Self {
            // what everybody can look at without another program
            outputs: vec![Output::Annotated],
            folder: None,
        }
    }
}

impl ExportChoice {
    /// Whether nothing would be written.
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    /// Whether it is written.
    pub fn has(&self, output: Output) -> bool {
        self.outputs.contains(&output)
    }

    /// Writes it, or does not.
    pub fn set(&mut self, output: Output, is_wanted: bool) {
        let outputs = Output::ALL.into_iter();
        let is_chosen = |other: &Output| {
            if *other == output {
                is_wanted
            } else {
                self.outputs.contains(other)
            }
        };
        self.outputs = outputs.filter(is_chosen).collect();
    }

    /// The same in another folder.
    pub fn in_folder(mut self, folder: PathBuf) -> Self {
        self.folder = Some(folder);
        self
    }

    /// Where the files of this recording go; what lies in no folder goes to the one for pictures. `None` where there is none.
    pub fn folder_for(&self, spec: &SourceSpec, pictures_dir: Option<&Path>) -> Option<PathBuf> {
        self.folder
            .clone()
            .or_else(|| dir_of(spec))
            .or_else(|| pictures_dir.map(Path::to_owned))
            .or_else(system_pictures_dir)
            // "." would say nothing to whom it is shown
            .map(|folder| std::path::absolute(&folder).unwrap_or(folder))
    }

    /// The files of this recording, by names that are free: all of an export have the same number.
    pub fn paths_for(
        &self,
        spec: &SourceSpec,
        kind: SourceKind,
        pictures_dir: Option<&Path>,
    ) -> anyhow::Result<OutputPaths> {
        let folder = self
            .folder_for(spec, pictures_dir)
            .context("no folder for the files was found: choose one")?;
        if self.folder.is_none() && dir_of(spec).is_none() {
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        }
        let stem = stem(&name_of(spec));
        let free = first_free(&stem, MOST_TRIES, |stem| {
            let paths = self.paths_in(&folder, stem, kind);
            let is_free = !paths.all().any(is_taken);
            anyhow::Ok(is_free.then_some(paths))
        })?;
        free.with_context(|| {
            let folder = folder.display();
            format!("{folder} holds {MOST_TRIES} exports of this name: move some away")
        })
    }

    fn paths_in(&self, folder: &Path, stem: &str, kind: SourceKind) -> OutputPaths {
        let mut paths = OutputPaths::default();
        for output in &self.outputs {
            match output {
                Output::Annotated if kind == SourceKind::Picture => {
                    paths.video = Some(folder.join(format!("{stem}.png")));
                }
                Output::Annotated => {
                    paths.video = Some(folder.join(format!("{stem}{}", output.ending())));
                }
                Output::Results(format) => {
                    let path = folder.join(format!("{stem}{}", output.ending()));
                    paths.exports.push((*format, path));
                }
            }
        }
        paths
    }
}

/// What files of a recording of this name begin with. Results of an export before, which may have a number, are called so
/// already.
fn stem(name: &str) -> String {
    let without_number = name
        .trim_end_matches(|letter: char| letter.is_ascii_digit())
        .strip_suffix('-');
    let recording = name
        .strip_suffix(STEM_END)
        .or_else(|| without_number?.strip_suffix(STEM_END));
    recording.unwrap_or(name).to_owned() + STEM_END
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> ExportChoice {
        let mut choice = ExportChoice::default();
        for output in Output::ALL.into_iter().rev() {
            choice.set(output, true);
        }
        choice
    }

    fn names(choice: &ExportChoice, recording: &Path) -> Vec<String> {
        let spec = SourceSpec::Path(recording.to_owned());
        let paths = choice.paths_for(&spec, SourceKind::Video, None).unwrap();
        paths
            .all()
            .map(|path| {
                assert_eq!(path.parent(), recording.parent());
                path.file_name().unwrap().to_str().unwrap().to_owned()
            })
            .collect()
    }

    #[test]
    fn every_format_is_offered_once_under_a_name_of_its_own() {
        for format in ExportFormat::ALL {
            let n_offers = Output::ALL
                .into_iter()
                .filter(|output| *output == Output::Results(format))
                .count();
            assert_eq!(n_offers, 1, "{format:?}");
        }
        let dir = tempfile::tempdir().unwrap();
        let mut names = names(&everything(), &dir.path().join("walk.mp4"));
        assert_eq!(names.len(), Output::ALL.len());
        names.sort();
        names.dedup();
        assert_eq!(names.len(), Output::ALL.len());
        for (k, output) in Output::ALL.iter().enumerate() {
            for other in &Output::ALL[..k] {
                assert_ne!(output.text(), other.text());
                assert_ne!(output.description(), other.description());
            }
        }
    }

    #[test]
    fn the_files_of_an_export_lie_beside_the_recording_under_one_free_number() {
        let dir = tempfile::tempdir().unwrap();
        let recording = dir.path().join("测试 walk.mp4");
        let mut choice = ExportChoice::default();
        choice.set(Output::Results(ExportFormat::Trc), true);
        choice.set(Output::Results(ExportFormat::CsvWide), true);
        let first = [
            "测试 walk-poses-wide.csv",
            "测试 walk-poses.trc",
            "测试 walk-poses.mp4",
        ];
        assert_eq!(names(&choice, &recording), first);
        // a file of people stands for the one that is not there
        std::fs::write(dir.path().join("测试 walk-poses_person2.trc"), "").unwrap();
        let second = first.map(|name| name.replace("-poses", "-poses-2"));
        assert_eq!(names(&choice, &recording), second);
        std::fs::write(dir.path().join(&second[0]), "").unwrap();
        let third = first.map(|name| name.replace("-poses", "-poses-3"));
        assert_eq!(names(&choice, &recording), third);
    }

    #[test]
    fn results_do_not_get_a_second_ending() {
        let dir = tempfile::tempdir().unwrap();
        let results = dir.path().join("walk-poses.jsonl");
        std::fs::write(&results, "").unwrap();
        let mut choice = ExportChoice::default();
        assert_eq!(names(&choice, &results), ["walk-poses.mp4"]);
        choice.set(Output::Results(ExportFormat::Jsonl), true);
        assert_eq!(
            names(&choice, &results),
            ["walk-poses-2.jsonl", "walk-poses-2.mp4"]
        );
        for name in ["walk", "walk-poses", "walk-poses-12"] {
            assert_eq!(stem(name), "walk-poses");
        }
        for name in ["walk-2", "7", "-", ""] {
            assert_eq!(stem(name), format!("{name}-poses"));
        }
    }

    #[test]
    fn a_picture_becomes_a_picture_and_what_lies_nowhere_goes_to_the_folder_for_pictures() {
        let dir = tempfile::tempdir().unwrap();
        let choice = ExportChoice::default();
        let picture = SourceSpec::Path(dir.path().join("a.jpg"));
        let paths = choice
            .paths_for(&picture, SourceKind::Picture, None)
            .unwrap();
        assert_eq!(paths.video, Some(dir.path().join("a-poses.png")));
        let pictures = dir.path().join("made for it");
        let paths = choice
            .paths_for(
                &SourceSpec::Synthetic,
                SourceKind::Synthetic,
                Some(&pictures),
            )
            .unwrap();
        assert_eq!(paths.video, Some(pictures.join("test-scene-poses.mp4")));
        assert!(pictures.is_dir());
    }
}
