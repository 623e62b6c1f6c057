//! Where in a recording a run begins.

use std::time::Duration;

use crate::source::{FrameSource, SourceKind};
use crate::whole_run::error::StartError;

/// Makes the frame that is shown at `start` the next one; a recording that is over by then is refused.
pub fn begin_at(source: &mut dyn FrameSource, start: Duration) -> Result<(), StartError> {
    let info = source.info().clone();
    if info.kind == SourceKind::Picture && !start.is_zero() {
        return Err(StartError::Picture {
            name: info.name,
            start,
        });
    }
    source.seek(start)?;
    if info.duration.is_some_and(|duration| start < duration) {
        return Ok(());
    }
    // Where no length is stated, or one that is too short as in damaged or growing files, the frames tell: one that
    // is followed by another is shown until then, however long that is.
    if let Some(shown) = source.next_frame()?
        && shown.time < start
        && source.next_frame()?.is_none()
    {
        return Err(StartError::Over {
            name: info.name,
            start,
            last: shown.time,
        });
    }
    source.seek(start)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;
    use crate::image::RgbImage;
    use crate::source::{SourceError, SourceInfo};
    use crate::types::Frame;

    /// When the frames of the recording begin.
    const TIMES_MS: [u64; 4] = [0, 100, 200, 900];

    struct Recording {
        info: SourceInfo,
        next: usize,
    }

    impl FrameSource for Recording {
        fn info(&self) -> &SourceInfo {
            &self.info
        }

        fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
            let index = self.next;
            self.next += 1;
            Ok(TIMES_MS.get(index).map(|ms| Frame {
                index: index as u64,
                time: Duration::from_millis(*ms),
                file: None,
                captured_at: Instant::now(),
                image: Arc::new(RgbImage::filled([1, 1], [0; 3])),
            }))
        }

        fn seek(&mut self, time: Duration) -> Result<(), SourceError> {
            let n_before = TIMES_MS.partition_point(|ms| Duration::from_millis(*ms) <= time);
            self.next = n_before.saturating_sub(1);
            Ok(())
        }
    }

    /// When the first frame begins that a run from `start_ms` on gets, of a recording that says it is so long.
    fn first_ms(start_ms: u64, duration_ms: Option<u64>) -> Result<u128, StartError> {
        let mut recording = Recording {
            info: SourceInfo {
                name: "walk.mkv".to_owned(),
                kind: SourceKind::Video,
                size: [1, 1],
                rotation: 0,
                // as recorders write it that do not know the rate
                fps_nominal: Some(1000.0),
                n_frames: None,
                duration: duration_ms.map(Duration::from_millis),
                can_seek: true,
                decoder: "test".to_owned(),
            },
            next: 0,
        };
        begin_at(&mut recording, Duration::from_millis(start_ms))?;
        Ok(recording.next_frame()?.unwrap().time.as_millis())
    }

    #[test]
    fn a_run_begins_with_the_frame_that_is_shown_then() {
        for (start_ms, duration_ms, expected_ms) in [
            (0, Some(1000), 0),
            (150, Some(1000), 100),
            (999, Some(1000), 900),
            // what is said of the length is wrong, or nothing
            (800, Some(500), 200),
            (900, Some(500), 900),
            (800, None, 200),
            (900, None, 900),
        ] {
            let found_ms = first_ms(start_ms, duration_ms).unwrap();
            assert_eq!(found_ms, expected_ms, "{start_ms}, {duration_ms:?}");
        }
    }

    #[test]
    fn a_start_at_which_the_recording_is_over_is_refused() {
        for (start_ms, duration_ms) in [
            (1000, Some(1000)),
            (300_000, Some(1000)),
            (901, None),
            (300_000, None),
        ] {
            let error = first_ms(start_ms, duration_ms).unwrap_err().to_string();
            assert!(error.contains("last frame begins at 0.900 s"), "{error}");
        }
    }
}
