//! Names of images, annotations and categories in COCO files.

use std::fmt;

use serde::de;
use serde::{Deserialize, Deserializer, Serialize};

/// What a COCO file calls an image, an annotation or a category.
///
/// A number and a text never mean the same thing: image 7 is not image "7". Numbers come before texts in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Id {
    /// Usual: a whole number; `7.0` in a file is the number 7.
    Number(i64),
    /// Some data sets: any text.
    Text(String),
}

impl Id {
    /// Whether it is 0, as number or text.
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Number(number) => *number == 0,
            Self::Text(text) => text.trim().parse() == Ok(0.0),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

impl From<i64> for Id {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl de::Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number or a text")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Id, E> {
        Ok(Id::Number(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
        match i64::try_from(number) {
            Ok(number) => Ok(Id::Number(number)),
            Err(_too_large) => Err(E::invalid_value(de::Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Id, E> {
        // every whole number up to 2^53 is exact
        let is_whole = number.fract() == 0.0 && number.abs() <= (1_u64 << 53) as f64;
        if is_whole {
            Ok(Id::Number(number as i64))
        } else {
            Err(E::invalid_value(de::Unexpected::Float(number), &self))
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        Ok(Id::from(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(json: &str) -> Result<Id, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn numbers_and_texts_are_read_and_kept_apart() {
        assert_eq!(id("900100184613").unwrap(), Id::from(900_100_184_613));
        assert_eq!(id("7.0").unwrap(), Id::from(7));
        assert_eq!(id("\"7\"").unwrap(), Id::from("7"));
        assert_ne!(Id::from("7"), Id::from(7));
    }

    #[test]
    fn other_values_are_refused() {
        for json in [
            "7.5",
            "1e300",
            "18446744073709551615",
            "true",
            "null",
            "[7]",
        ] {
            assert!(id(json).is_err(), "{json}");
        }
    }

    #[test]
    fn zero_is_known_as_number_and_as_text() {
        assert!(Id::from(0).is_zero() && Id::from("0").is_zero());
        assert!(!Id::from(1).is_zero() && !Id::from("zero").is_zero());
    }
}
