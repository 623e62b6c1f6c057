//! Reading COCO's JSON with errors that name the file and the field.

use std::fmt;
use std::fs;
use std::marker::PhantomData;
use std::path::Path;

use serde::Deserialize;
use serde::de;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer};
use serde::ser::{SerializeSeq as _, Serializer};

use super::error::EvalError;
use crate::skeleton::N_JOINTS;

/// Three numbers for each joint: x, y and visibility or confidence.
pub type Joints = [[f64; 3]; N_JOINTS];

/// What some editors and programs begin a text with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a whole file, passing over a byte order mark; `format` says in errors what it should have been.
pub fn read<T: DeserializeOwned>(path: &Path, format: &'static str) -> Result<T, EvalError> {
    let text = fs::read(path).map_err(|reason| EvalError::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let invalid = |place: String, reason: &serde_json::Error| EvalError::Invalid {
        path: path.to_owned(),
        format,
        place,
        reason: reason.to_string(),
    };
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| invalid(place_of(error.path()), error.inner()))?;
    deserializer
        .end()
        .map_err(|error| invalid("after the end".to_owned(), &error))?;
    Ok(value)
}

fn place_of(path: &serde_path_to_error::Path) -> String {
    if path.iter().next().is_none() {
        "the whole file".to_owned()
    } else {
        path.to_string()
    }
}

/// Reads COCO's flat list of 51 numbers.
pub fn deserialize_joints<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Joints, D::Error> {
    deserializer.deserialize_seq(JointsVisitor {
        may_be_empty: false,
    })
}

/// Reads COCO's flat list of 51 numbers; an empty list is a person without labels.
pub fn deserialize_labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Joints, D::Error> {
    deserializer.deserialize_seq(JointsVisitor { may_be_empty: true })
}

/// Writes COCO's flat list of 51 numbers.
pub fn serialize_joints<S: Serializer>(joints: &Joints, serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(3 * N_JOINTS))?;
    for number in joints.as_flattened() {
        list.serialize_element(number)?;
    }
    list.end()
}

/// Reads a flag that files write as 0, 1, false or true.
pub fn deserialize_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    deserializer.deserialize_any(FlagVisitor)
}

/// A `T` that must be written as an object; serde alone would take a list of its fields too, and complain about the
/// first entry when somebody gives the results for the annotations.
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

struct JointsVisitor {
    may_be_empty: bool,
}

impl<'de> de::Visitor<'de> for JointsVisitor {
    type Value = Joints;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} numbers: x, y, v of each joint", 3 * N_JOINTS)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Joints, A::Error> {
        let mut joints = [[0.0; 3]; N_JOINTS];
        let flat = joints.as_flattened_mut();
        let mut len = 0;
        while let Some(number) = list.next_element()? {
            if let Some(place) = flat.get_mut(len) {
                *place = number;
            }
            len += 1;
        }
        if len == flat.len() || (len == 0 && self.may_be_empty) {
            Ok(joints)
        } else {
            Err(de::Error::invalid_length(len, &self))
        }
    }
}

struct FlagVisitor;

impl de::Visitor<'_> for FlagVisitor {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0, 1, false or true")
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<bool, E> {
        Ok(flag)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<bool, E> {
        Ok(number != 0)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<bool, E> {
        Ok(number != 0)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<bool, E> {
        Ok(number != 0.0)
    }
}
