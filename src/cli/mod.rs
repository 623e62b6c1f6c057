//! The command line: what can be typed, and the commands that work without a window.

pub mod args;
mod bench;
mod bench_net;
mod cameras;
pub mod convert;
mod doctor;
pub mod draw;
mod eval;
pub mod export_args;
mod frames;
mod measure;
pub mod measure_args;
mod measure_gait;
mod measure_report;
mod measure_text;
pub mod net_args;
mod output;
mod progress;
mod read_args;
pub mod refine;
mod score;
pub mod source_args;
mod stages;
mod summary;
mod track;

use args::Command;

/// Runs a command to its end.
pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Track(args) => track::track(args),
        Command::Eval(args) => eval::eval(args),
        Command::Score(args) => score::score(args),
        Command::Convert(args) => convert::convert(args),
        Command::Draw(args) => draw::draw(args),
        Command::Refine(args) => refine::refine(args),
        Command::Measure(args) => measure::measure(args),
        Command::Bench(args) => bench::bench(args),
        Command::Doctor(args) => doctor::doctor(args),
        Command::Cameras(args) => cameras::cameras(args),
    }
}
