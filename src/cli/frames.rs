//! Frames for a command, from a recording or live.

use crate::base::worker::StopFlag;
use crate::engine::live::LiveFrames;
use crate::source::{self, FrameSource, SourceSpec};

/// An open source; a camera is read in a thread of its own, so that the newest frame is always the next.
pub(super) enum Frames {
    /// The next frame is read when it is asked for.
    Recorded(Box<dyn FrameSource>),
    /// Frames come at their own speed.
    Live(Box<LiveFrames>),
}

impl Frames {
    /// Opens a source; raising `stop` ends a live one.
    pub(super) fn open(spec: &SourceSpec, stop: StopFlag) -> anyhow::Result<Self> {
        match spec {
            SourceSpec::Camera(_) => Self::live(spec, stop),
            SourceSpec::Synthetic | SourceSpec::Path(_) | SourceSpec::Pictures { .. } => {
                Ok(Self::Recorded(source::open(spec)?))
            }
        }
    }

    /// Opens a source, playing a recording as if a camera gave it.
    pub(super) fn live(spec: &SourceSpec, stop: StopFlag) -> anyhow::Result<Self> {
        Ok(Self::Live(Box::new(LiveFrames::open(spec.clone(), stop)?)))
    }

    pub(super) const fn is_live(&self) -> bool {
        matches!(self, Self::Live(_))
    }

    pub(super) fn source(&mut self) -> &mut dyn FrameSource {
        match self {
            Self::Recorded(source) => source.as_mut(),
            Self::Live(source) => source.as_mut(),
        }
    }

    /// Frames that came while nobody asked.
    pub(super) fn dropped(&self) -> u64 {
        match self {
            Self::Recorded(_) => 0,
            Self::Live(source) => source.dropped(),
        }
    }
}
