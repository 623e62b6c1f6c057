//! When it is the detector's turn.

use std::time::Duration;

/// Frames per second below which the detector's interval counts as a time.
///
/// At five frames per second every eighth one would be 1.6 s, in which people come and go unseen; at 15 a person who comes in is
/// found within about half a second, a step.
const LEAST_RATE_HZ: u32 = 15;

/// Counts frames and time since the detector ran.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DetectorTurn {
    /// `None` before its first run.
    last: Option<LastRun>,
}

#[derive(Clone, Copy, Debug)]
struct LastRun {
    /// The time of its frame.
    time: Duration,
    /// Frames after that one.
    n_frames_since: u32,
}

impl DetectorTurn {
    /// Whether the detector is to run on the frame at `time`, if it runs on every N-th one: where frames come slowly sooner,
    /// as often as at [`LEAST_RATE_HZ`].
    pub(super) fn has_come(&self, time: Duration, every: u32) -> bool {
        self.last.is_none_or(|last| {
            every <= last.n_frames_since.saturating_add(1)
                || longest_wait(every) <= time.saturating_sub(last.time)
        })
    }

    /// It ran on the frame at `time`.
    pub(super) const fn note_run(&mut self, time: Duration) {
        self.last = Some(LastRun {
            time,
            n_frames_since: 0,
        });
    }

    /// A frame went by without it.
    pub(super) fn note_frame(&mut self) {
        if let Some(last) = &mut self.last {
            last.n_frames_since = last.n_frames_since.saturating_add(1);
        }
    }
}

/// The time that an interval of so many frames takes where they come as slowly as it holds for.
fn longest_wait(every: u32) -> Duration {
    Duration::from_secs(every.into()) / LEAST_RATE_HZ
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On which of the first frames, so many a second, the detector runs, if it is to run on every N-th.
    fn runs(fps: u64, every: u32) -> Vec<u64> {
        let mut turn = DetectorTurn::default();
        let mut runs = Vec::new();
        for frame in 0..20 {
            let time = Duration::from_micros(1_000_000 * frame / fps);
            if turn.has_come(time, every) {
                turn.note_run(time);
                runs.push(frame);
            } else {
                turn.note_frame();
            }
        }
        runs
    }

    #[test]
    fn interval_is_kept_in_frames_and_where_they_come_slowly_in_time() {
        for fps in [15, 24, 30, 60, 240] {
            assert_eq!(runs(fps, 8), [0, 8, 16], "{fps}");
        }
        assert_eq!(runs(10, 8), [0, 6, 12, 18]);
        assert_eq!(runs(5, 8), [0, 3, 6, 9, 12, 15, 18]);
        // who wants it more rarely gets it more rarely there, too
        assert_eq!(runs(5, 16), [0, 6, 12, 18]);
        assert_eq!(runs(30, 1).len(), 20);
        assert_eq!(runs(30, u32::MAX), [0]);
    }

    #[test]
    fn clock_that_is_set_back_does_not_stop_the_count() {
        let mut turn = DetectorTurn::default();
        turn.note_run(Duration::from_secs(100));
        let early = Duration::from_secs(1);
        for _ in 0..7 {
            assert!(!turn.has_come(early, 8));
            turn.note_frame();
        }
        assert!(turn.has_come(early, 8));
    }
}
