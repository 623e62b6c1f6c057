//! A gait as `poseglass measure` reports it.

use serde::Serialize;

use crate::cli::measure_report::rounded;
use crate::measure::gait::{STANDS_IN, Sided};
use crate::measure::gait_events::{FootPath, GaitEventKind};
use crate::measure::spread::Spread;
use crate::measure::{Gait, Scale};
use crate::skeleton::Side;

/// Figures of a gait; lengths in meters only where the picture is calibrated.
#[derive(Debug, Serialize)]
pub(super) struct GaitReport {
    pub(super) note: &'static str,
    /// What else is to be known, where the figures come from few steps or few frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) caution: Option<String>,
    /// Stretches that were walked, each one way and until both feet are lost at once.
    pub(super) walks: usize,
    pub(super) steps: usize,
    pub(super) cadence_per_min: f64,
    pub(super) step_time_s: SidedReport,
    pub(super) stride_time_s: SidedReport,
    pub(super) stance_percent: SidedReport,
    pub(super) swing_percent: SidedReport,
    /// Less than 0 where both feet are in the air, as in running.
    pub(super) double_support_percent: Option<SpreadReport>,
    pub(super) step_length_px: SidedReport,
    pub(super) stride_length_px: SidedReport,
    pub(super) speed_px_per_s: Option<SpreadReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) step_length_m: Option<SidedReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stride_length_m: Option<SidedReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) speed_m_per_s: Option<SpreadReport>,
    pub(super) symmetry_index: &'static str,
    pub(super) events: Vec<EventReport>,
}

/// Mean and scatter.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct SpreadReport {
    pub(super) mean: f64,
    pub(super) sd: Option<f64>,
    pub(super) n: usize,
}

/// The same of both sides.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct SidedReport {
    pub(super) left: Option<SpreadReport>,
    pub(super) right: Option<SpreadReport>,
    pub(super) symmetry_index_percent: Option<f64>,
}

/// A heel strike or a toe-off.
#[derive(Debug, Serialize)]
pub(super) struct EventReport {
    /// Which of the walks, from 1.
    pub(super) walk: usize,
    pub(super) foot: &'static str,
    pub(super) event: &'static str,
    pub(super) time_s: f64,
}

impl SpreadReport {
    fn new(spread: Spread, factor: f64, decimals: i32) -> Self {
        Self {
            mean: rounded(factor * spread.mean, decimals),
            sd: spread.sd.map(|sd| rounded(factor * sd, decimals)),
            n: spread.n,
        }
    }
}

impl SidedReport {
    fn new(sided: Sided, factor: f64, decimals: i32) -> Self {
        let report = |spread: Option<Spread>| {
            spread.map(|spread| SpreadReport::new(spread, factor, decimals))
        };
        Self {
            left: report(sided.left),
            right: report(sided.right),
            symmetry_index_percent: sided
                .symmetry_index_percent()
                .map(|index| rounded(index, 1)),
        }
    }
}

impl GaitReport {
    pub(super) fn new(gait: &Gait, scale: Option<&Scale>) -> Self {
        let meters = |sided| scale.map(|scale| SidedReport::new(sided, scale.meters_per_px, 3));
        Self {
            note: STANDS_IN,
            caution: gait.caution(),
            walks: gait.walks.len(),
            steps: gait.n_steps(),
            cadence_per_min: rounded(gait.cadence_per_min, 1),
            step_time_s: SidedReport::new(gait.step_time_secs, 1.0, 3),
            stride_time_s: SidedReport::new(gait.stride_time_secs, 1.0, 3),
            stance_percent: SidedReport::new(gait.stance_share, 100.0, 1),
            swing_percent: SidedReport::new(gait.swing_share(), 100.0, 1),
            double_support_percent: gait
                .double_support_share
                .map(|share| SpreadReport::new(share, 100.0, 1)),
            step_length_px: SidedReport::new(gait.step_length_px, 1.0, 1),
            stride_length_px: SidedReport::new(gait.stride_length_px, 1.0, 1),
            speed_px_per_s: gait
                .speed_px_per_sec
                .map(|speed| SpreadReport::new(speed, 1.0, 1)),
            step_length_m: meters(gait.step_length_px),
            stride_length_m: meters(gait.stride_length_px),
            speed_m_per_s: scale
                .zip(gait.speed_px_per_sec)
                .map(|(scale, speed)| SpreadReport::new(speed, scale.meters_per_px, 3)),
            symmetry_index: "100 (left - right) / (0.5 (left + right)), Robinson et al. 1987",
            events: events(gait),
        }
    }
}

/// All events, walk by walk in the order of time.
fn events(gait: &Gait) -> Vec<EventReport> {
    let mut events = Vec::new();
    for (k, walk) in gait.walks.iter().enumerate() {
        let of_foot = |foot: &FootPath| {
            let name = if foot.side == Side::Left {
                "left"
            } else {
                "right"
            };
            foot.events
                .iter()
                .map(move |event| EventReport {
                    walk: k + 1,
                    foot: name,
                    event: match event.kind {
                        GaitEventKind::HeelStrike => "heel_strike",
                        GaitEventKind::ToeOff => "toe_off",
                    },
                    time_s: rounded(event.time_secs, 3),
                })
                .collect::<Vec<_>>()
        };
        let mut of_walk: Vec<EventReport> = walk.feet().flat_map(of_foot).collect();
        of_walk.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
        events.extend(of_walk);
    }
    events
}
