//! Names for new files that nobody has taken yet: `walk`, `walk-2`, `walk-3`, …

use std::io::{self, ErrorKind};

/// What `take` makes of the first of `stem`, `stem-2`, `stem-3`, … that is free; of one that is taken it says `None`.
///
/// `None` where the first `most` names are all taken. An error ends the search.
pub fn first_free<T, E>(
    stem: &str,
    most: u32,
    mut take: impl FnMut(&str) -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    for number in 1..=most {
        let taken = if number == 1 {
            take(stem)?
        } else {
            take(&format!("{stem}-{number}"))?
        };
        if taken.is_some() {
            return Ok(taken);
        }
    }
    Ok(None)
}

/// What came of making a file that must not be there before; `None` where it was.
pub fn unless_taken<T>(made: io::Result<T>) -> io::Result<Option<T>> {
    match made {
        Ok(made) => Ok(Some(made)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn the_first_name_that_is_free_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let mut tried = Vec::new();
        let mut make = |most| {
            first_free("walk", most, |name| {
                tried.push(name.to_owned());
                unless_taken(File::create_new(dir.path().join(name)))
            })
        };
        for _ in 0..3 {
            assert!(make(3).unwrap().is_some());
        }
        assert!(make(3).unwrap().is_none());
        assert_eq!(tried[..3], ["walk", "walk", "walk-2"]);
        assert_eq!(tried[6..], ["walk", "walk-2", "walk-3"]);
    }

    #[test]
    fn an_error_ends_the_search() {
        let dir = tempfile::tempdir().unwrap();
        let mut n_tried = 0;
        let found = first_free("walk", 9, |name| {
            n_tried += 1;
            unless_taken(File::create_new(dir.path().join("gone").join(name)))
        });
        assert_eq!(found.unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(n_tried, 1);
    }
}
