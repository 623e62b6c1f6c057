//! `poseglass bench --net`: one net alone, to compare with other engines.

use std::time::Instant;

use anyhow::Context as _;
use serde::Serialize;

use crate::base::timing::quantile;
use crate::cli::args::BenchArgs;
use crate::cli::output;
use crate::cli::stages::milliseconds;
use crate::kernels::InstructionSet;
use crate::nn::BareNet;

/// Runs before the measuring begins: the plan is made, memory is touched, the clock rises.
const WARM_UP: u64 = 5;

/// What is printed.
#[derive(Debug, Serialize)]
struct NetReport {
    net: String,
    backend: String,
    isa: &'static str,
    batch: usize,
    /// Channels, height, width.
    input: Vec<usize>,
    runs: usize,
    /// From weights in memory to the end of the first answer.
    first_ms: f64,
    min_ms: f64,
    median_ms: f64,
    p95_ms: f64,
}

/// Runs the net again and again and prints the times of a batch.
pub(super) fn bench_net(name: &str, args: &BenchArgs) -> anyhow::Result<()> {
    let mut choice = args.choice();
    let began = Instant::now();
    let net = match name {
        "detector" => BareNet::detector(&choice, args.batch)?,
        "reidentifier" => BareNet::reidentifier(&choice, args.batch)?,
        pose => {
            pose.clone_into(&mut choice.model);
            BareNet::pose(&choice, args.batch)?
        }
    };
    net.run()?;
    let first = began.elapsed();
    for _ in 0..WARM_UP {
        net.run()?;
    }
    let mut times = Vec::new();
    for _ in 0..args.frames {
        let began = Instant::now();
        net.run()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let share = |share: f64| milliseconds(quantile(&times, share).unwrap_or_default());
    let report = NetReport {
        net: name.to_owned(),
        backend: net.backend.clone(),
        isa: choice
            .processor
            .isa
            .unwrap_or_else(InstructionSet::best)
            .name(),
        batch: args.batch,
        input: net.input_shape()[1..].to_vec(),
        runs: times.len(),
        first_ms: milliseconds(first),
        min_ms: share(0.0),
        median_ms: share(0.5),
        p95_ms: share(0.95),
    };
    let text = if args.json {
        serde_json::to_string(&report)? + "\n"
    } else {
        format!(
            "{} on {}, batch {}: median {} ms, fastest {}, p95 {}; {} runs, the first after {} ms\n",
            report.net,
            report.backend,
            report.batch,
            report.median_ms,
            report.min_ms,
            report.p95_ms,
            report.runs,
            report.first_ms,
        )
    };
    output::print(&text).context("cannot write to standard output")
}
