//! `poseglass convert`: results from one file format to others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::export_args::{ExportOptionArgs, export_parser, refuse_output_twice};
use crate::cli::output;
use crate::cli::read_args::ReadArgs;
use crate::export::reader::InputFormat;
use crate::export::{
    ExportError, ExportFormat, FrameRow, ReadError, ResultWriter, check_exports, create_writer,
    finish_all, open_results, place_of,
};
use crate::source::is_picture_of;

/// `poseglass convert`
#[derive(Clone, Debug, clap::Args)]
pub struct ConvertArgs {
    /// Results: jsonl of poseglass, a folder of OpenPose's JSON files, COCO keypoint results, AlphaPose's results, or a
    /// TRC file of poseglass, Sports2D or Pose2Sim. A TRC file that is not there stands for those of several people that
    /// were written in its place
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// What to write, as FORMAT=PATH with the formats of `track --export`
    #[arg(value_name = "FORMAT=PATH", required = true, value_parser = export_parser())]
    pub outputs: Vec<(ExportFormat, PathBuf)>,
    /// Only this person, by the number that the results give them; may be given several times
    #[arg(long, value_name = "N")]
    pub person: Vec<u32>,
    /// What IN does not say of itself
    #[command(flatten)]
    pub reading: ReadArgs,
    /// How numbers over time are written
    #[command(flatten)]
    pub options: ExportOptionArgs,
}

/// Reads the whole file and writes all that was asked for.
pub(super) fn convert(args: &ConvertArgs) -> anyhow::Result<()> {
    let (reading, format) = args
        .reading
        .options(&args.input, args.options.meters_per_pixel)?;
    let writing = args
        .options
        .options(&args.outputs, format == InputFormat::Trc)?;
    let outputs = || args.outputs.iter().map(|(_, path)| path.as_path());
    refuse_output_twice(outputs())?;
    for path in outputs() {
        refuse_input_as_output(&args.input, path)?;
        if let Some(video) = &args.reading.video {
            refuse_input_as_output(video, path)?;
        }
    }
    let reader = open_results(&args.input, &reading)?;
    let header = reader.header().clone();
    check_exports(&args.outputs)?;
    // any line may be broken, and no output is to be begun or replaced then
    let mut rows = reader.collect::<Result<Vec<FrameRow>, ReadError>>()?;
    if !args.person.is_empty() {
        keep_people(&args.person, &mut rows)?;
    }
    let mut writers = args
        .outputs
        .iter()
        .map(|(format, path)| create_writer(*format, path, &header, &writing))
        .collect::<Result<Vec<Box<dyn ResultWriter>>, ExportError>>()?;
    for row in &rows {
        for writer in &mut writers {
            writer.write(row)?;
        }
    }
    let written: Vec<String> = finish_all(writers)?
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let n_frames = rows.len();
    let text = if written.is_empty() {
        format!("{n_frames} frames, nothing was written\n")
    } else {
        format!("{n_frames} frames written to {}\n", written.join(", "))
    };
    output::print(&text).context("cannot write to standard output")
}

/// Leaves out everyone who is not asked for; somebody who is and is not in the results is refused.
fn keep_people(wanted: &[u32], rows: &mut [FrameRow]) -> anyhow::Result<()> {
    let everyone = rows.iter().flat_map(|row| &row.people);
    let known: BTreeSet<u32> = everyone.map(|person| person.id).collect();
    if let Some(unknown) = wanted.iter().find(|id| !known.contains(id)) {
        anyhow::ensure!(
            !known.is_empty(),
            "the results hold no person {unknown}, nor anybody else: leave out --person"
        );
        let known: Vec<String> = known.iter().map(u32::to_string).collect();
        anyhow::bail!(
            "the results hold no person {unknown}: choose one of {}",
            known.join(", ")
        );
    }
    for row in rows {
        row.people.retain(|person| wanted.contains(&person.id));
    }
    Ok(())
}

/// A file is not written while it is read, however its path is written; nor the files of several people under the name
/// that stands for them, nor anything that would be read as a picture of a folder.
pub(super) fn refuse_input_as_output(input: &Path, output: &Path) -> anyhow::Result<()> {
    let (read, written) = (place_of(input), place_of(output));
    anyhow::ensure!(
        read != written,
        "{} would be read and written at the same time: choose another name",
        output.display()
    );
    anyhow::ensure!(
        !is_picture_of(&read, &written),
        "{} would be one of the pictures of {}, which are read: choose another name",
        output.display(),
        input.display()
    );
    Ok(())
}
