//! `poseglass cameras`: which cameras there are and what they can do.

use anyhow::Context as _;

use crate::cli::args::CamerasArgs;
use crate::cli::output;
use crate::source;

/// Prints the cameras, or says that there are none.
pub(super) fn cameras(args: &CamerasArgs) -> anyhow::Result<()> {
    let cameras = source::cameras()?;
    if args.json {
        let text = serde_json::to_string_pretty(&cameras)?;
        return output::print(&(text + "\n")).context("cannot write to standard output");
    }
    if cameras.is_empty() {
        anyhow::bail!("no camera was found: connect one, and check that you may read /dev/video*");
    }
    let mut text = String::new();
    for camera in &cameras {
        text += &format!("camera:{}  {}\n", camera.index, camera.name);
        for format in &camera.formats {
            text += &format!("    {format}\n");
        }
    }
    output::print(&text).context("cannot write to standard output")
}
