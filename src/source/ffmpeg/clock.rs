//! Times that go on where the clock of a recording jumps back.

/// A picture that comes later by more than so many of the intervals before is late, not slow.
const MOST_TIMES_THE_INTERVAL: i64 = 4;

/// Gives pictures the times that ffmpeg states, all of them in microseconds.
///
/// Where the clock jumps back, as it does where streams were joined, ffmpeg's writer makes each time one tick later
/// than the one before until the clock has caught up. Such pictures follow each other at the last interval that was
/// known, and all that come after them keep the distance that this makes.
#[derive(Debug, Default)]
pub struct SteadyClock {
    last_stated: Option<i64>,
    last_given: i64,
    /// Between the last two pictures of different times that were not far apart.
    interval: Option<i64>,
    /// What is added to the times that are stated.
    ahead_by: i64,
    /// Whether the clock has jumped back and not caught up yet.
    is_behind: bool,
    has_jumped: bool,
}

impl SteadyClock {
    /// Whether the clock has jumped back so far.
    pub const fn has_jumped(&self) -> bool {
        self.has_jumped
    }

    /// Whether a picture of this time may be where the clock jumps back: what comes after it tells.
    pub fn may_jump_at(&self, stated: i64) -> bool {
        !self.is_behind
            && self.interval.is_some()
            && self
                .last_stated
                .is_some_and(|last| stands_still(last, stated))
    }

    /// The time of the next picture, and where it may be a jump, the time that is stated for the one after it.
    ///
    /// One picture alone at the time of another is no jump: there are recordings with such pairs.
    pub fn time_of(&mut self, stated: i64, after_it: Option<i64>) -> i64 {
        let jumps =
            self.may_jump_at(stated) && after_it.is_some_and(|after| stands_still(stated, after));
        let last = self.last_stated.replace(stated);
        let has_own_time = last.is_none_or(|last| !stands_still(last, stated));
        match self.interval {
            Some(interval) if jumps || self.is_behind => {
                self.has_jumped = true;
                self.is_behind = !has_own_time;
                self.last_given = self.last_given.saturating_add(interval);
                self.ahead_by = self.last_given.saturating_sub(stated);
            }
            _ => {
                if let Some(last) = last
                    && has_own_time
                {
                    // one late picture says nothing of the pace
                    let step = stated - last;
                    if (self.interval).is_none_or(|known| step <= MOST_TIMES_THE_INTERVAL * known) {
                        self.interval = Some(step);
                    }
                }
                self.last_given = stated.saturating_add(self.ahead_by);
            }
        }
        self.last_given
    }
}

/// Whether a time is what ffmpeg's writer makes of one that is not later than the last.
const fn stands_still(last: i64, stated: i64) -> bool {
    stated <= last.saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(stated: &[i64]) -> (Vec<i64>, bool) {
        let mut clock = SteadyClock::default();
        let given = stated
            .iter()
            .enumerate()
            .map(|(index, time)| clock.time_of(*time, stated.get(index + 1).copied()))
            .collect();
        (given, clock.has_jumped())
    }

    #[test]
    fn pictures_after_a_jump_back_follow_at_the_last_interval() {
        let (given, has_jumped) = times(&[0, 40, 80, 81, 82, 83, 120, 160, 161, 162]);
        assert_eq!(given, [0, 40, 80, 120, 160, 200, 240, 280, 320, 360]);
        assert!(has_jumped);
    }

    #[test]
    fn a_late_picture_does_not_set_the_pace() {
        let (given, _) = times(&[0, 40, 80, 4_000, 4_001, 4_002]);
        assert_eq!(given, [0, 40, 80, 4_000, 4_040, 4_080]);
    }

    #[test]
    fn two_pictures_of_one_time_are_no_jump() {
        let stated = [0, 40, 80, 81, 120, 160, 161];
        assert_eq!(times(&stated), (stated.to_vec(), false));
        // nothing is known about the interval yet
        assert_eq!(times(&[0, 0, 0, 1, 2]), (vec![0, 0, 0, 1, 2], false));
    }
}
