//! Pictures that a source could not read, as a user is told of them.

use std::collections::BTreeSet;
use std::fmt::Display;

/// Pictures that were left out, each of them counted once, however often it is come to.
#[derive(Debug, Default)]
pub struct LeftOut {
    places: BTreeSet<usize>,
    /// Why the one that was come to first cannot be read.
    first_reason: Option<String>,
}

impl LeftOut {
    /// Notes a picture by its place in the recording.
    pub fn note(&mut self, place: usize, reason: &impl Display) {
        self.places.insert(place);
        self.first_reason.get_or_insert_with(|| reason.to_string());
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// What is to be said of them, of a recording of `n_pictures`; nothing where none was left out.
    pub fn sentence(&self, n_pictures: usize) -> Option<String> {
        let reason = self.first_reason.as_deref()?;
        Some(match self.count() {
            1 => format!("1 of {n_pictures} pictures cannot be read and is left out: {reason}"),
            n => format!(
                "{n} of {n_pictures} pictures cannot be read and are left out, the first of them: {reason}"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_picture_counts_once_and_the_first_is_named() {
        let mut left_out = LeftOut::default();
        assert_eq!(left_out.sentence(9), None);
        left_out.note(4, &"b.jpg is damaged");
        let one = "1 of 9 pictures cannot be read and is left out: b.jpg is damaged";
        assert_eq!(left_out.sentence(9).as_deref(), Some(one));
        // after a jump back it is come to again
        left_out.note(4, &"b.jpg is damaged");
        left_out.note(2, &"a.jpg is damaged");
        let two =
            "2 of 9 pictures cannot be read and are left out, the first of them: b.jpg is damaged";
        assert_eq!(left_out.sentence(9).as_deref(), Some(two));
    }
}
