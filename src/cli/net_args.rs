//! Options that choose the nets, shared by the commands that run them.

use std::path::PathBuf;

use crate::kernels::Precision;
use crate::nn::device::ProcessorChoice;
use crate::nn::{DetectorParams, DeviceChoice, NetChoice};

/// Which nets to run, and where.
#[derive(Clone, Debug, clap::Args)]
pub struct NetArgs {
    /// Where to run the nets: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: DeviceChoice,
    /// The pose net: accurate, or fast, which takes a third of the time and is less near
    #[arg(long, default_value = "accurate", value_name = "NAME")]
    pub model: String,
    /// Run only the first N stacks of the pose net: faster, less exact; all of them by default
    #[arg(long, value_name = "N")]
    pub stacks: Option<usize>,
    /// Look at frames and at everyone in a mirror too and take the mean: the nets take twice as long, more people are
    /// found, joints are nearer and tremble less. --flip-test alone means always
    #[arg(long, default_value = "auto", default_missing_value = "always", num_args = 0..=1, require_equals = true, value_name = "WHEN", value_enum)]
    pub flip_test: FlipTest,
    /// A folder with other weights and their manifest.toml
    #[arg(long, value_name = "DIR")]
    pub weights: Option<PathBuf>,
    /// Processor threads for the nets; by default all of two cores, and all but one of more, at most 8
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// What the nets compute with on the processor: f32, or int16, which is faster on x86
    #[arg(long, default_value_t, value_name = "PRECISION")]
    pub precision: Precision,
}

/// When the nets look in a mirror too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FlipTest {
    /// Where nobody waits: in `track` of anything but a camera, in exports of the window, and in `eval`
    Auto,
    /// In the window, in `bench` and for cameras, too
    Always,
    /// Not at all
    Never,
}

impl NetArgs {
    /// The same as the nets' own settings; `is_live` says that somebody waits for the answers.
    pub fn choice(&self, is_live: bool) -> NetChoice {
        NetChoice {
            device: self.device,
            model: self.model.clone(),
            stacks: self.stacks,
            flip_test: match self.flip_test {
                FlipTest::Auto => !is_live,
                FlipTest::Always => true,
                FlipTest::Never => false,
            },
            weights: self.weights.clone(),
            processor: ProcessorChoice {
                n_threads: self.threads.map(usize::from),
                isa: None,
                precision: self.precision,
            },
            detector: DetectorParams::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};
    use clap::Parser as _;

    fn looks_in_a_mirror(options: &[&str], is_live: bool) -> bool {
        let typed = ["poseglass", "track", "clip.mp4"].iter().chain(options);
        match Cli::try_parse_from(typed).unwrap().command {
            Some(Command::Track(args)) => args.nets.choice(is_live).flip_test,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nets_look_in_a_mirror_too_where_nobody_waits() {
        assert!(looks_in_a_mirror(&[], false));
        assert!(!looks_in_a_mirror(&[], true));
        for is_live in [false, true] {
            assert!(looks_in_a_mirror(&["--flip-test"], is_live));
            assert!(looks_in_a_mirror(&["--flip-test=always"], is_live));
            assert!(!looks_in_a_mirror(&["--flip-test=never"], is_live));
        }
    }

    #[test]
    fn a_source_after_the_flip_test_stays_a_source() {
        let cli = Cli::try_parse_from(["poseglass", "--flip-test", "camera"]).unwrap();
        assert_eq!(cli.nets.flip_test, FlipTest::Always);
        assert!(cli.source.is_some());
    }
}
