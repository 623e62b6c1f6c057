//! `poseglass convert`: results from one file format to others.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::args::parse_export;
use crate::cli::output;
use crate::export::jsonl::JsonlReader;
use crate::export::{ExportError, ExportFormat, ResultWriter, create_writer, finish_all};

/// `poseglass convert`
#[derive(Clone, Debug, clap::Args)]
pub struct ConvertArgs {
    /// Results of poseglass, written with `--export jsonl=…`
    #[arg(value_name = "IN.jsonl")]
    pub input: PathBuf,
    /// What to write, as FORMAT=PATH with the formats of `track --export`
    #[arg(value_name = "FORMAT=PATH", required = true, value_parser = parse_export)]
    pub outputs: Vec<(ExportFormat, PathBuf)>,
}

/// Reads the file once and writes all that was asked for.
pub(super) fn convert(args: &ConvertArgs) -> anyhow::Result<()> {
    let mut reader = JsonlReader::open(&args.input)?;
    for (_, path) in &args.outputs {
        refuse_input_as_output(&args.input, path)?;
    }
    let header = reader.header().clone();
    let mut writers = args
        .outputs
        .iter()
        .map(|(format, path)| create_writer(*format, path, &header))
        .collect::<Result<Vec<Box<dyn ResultWriter>>, ExportError>>()?;
    let mut n_frames = 0_u64;
    for row in &mut reader {
        let row = row?;
        for writer in &mut writers {
            writer.write(&row)?;
        }
        n_frames += 1;
    }
    finish_all(writers)?;
    let names: Vec<String> = args
        .outputs
        .iter()
        .map(|(_, path)| path.display().to_string())
        .collect();
    let text = format!("{n_frames} frames written to {}\n", names.join(", "));
    output::print(&text).context("cannot write to standard output")
}

/// A file is not written while it is read.
pub(super) fn refuse_input_as_output(input: &Path, output: &Path) -> anyhow::Result<()> {
    let is_input = output.exists() && output.canonicalize().ok() == input.canonicalize().ok();
    anyhow::ensure!(
        !is_input,
        "{} would be read and written at the same time: choose another name",
        output.display()
    );
    Ok(())
}
