//! How things stand in the window's file: as JSON with a version, read with suspicion.

use eframe::Storage;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Raised when programs of before and after would misunderstand each other; they begin anew then.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    version: u32,
    content: T,
}

/// What stands under a key; `None` where there is nothing, or nothing that makes sense.
pub(super) fn read<T: DeserializeOwned>(storage: &dyn Storage, key: &str) -> Option<T> {
    let text = storage.get_string(key)?;
    match content(&text) {
        Ok(content) => Some(content),
        Err(reason) => {
            tracing::warn!("the {key} that were kept cannot be read, and begin anew: {reason}");
            None
        }
    }
}

fn content<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    // another version may have any content
    let Versioned { version, content } =
        serde_json::from_str::<Versioned<serde_json::Value>>(text).map_err(|e| e.to_string())?;
    if version != VERSION {
        return Err(format!("they are of version {version}, not {VERSION}"));
    }
    serde_json::from_value(content).map_err(|e| e.to_string())
}

/// Puts `content` under a key.
pub(super) fn write<T: Serialize>(storage: &mut dyn Storage, key: &str, content: &T) {
    let versioned = Versioned {
        version: VERSION,
        content,
    };
    match serde_json::to_string(&versioned) {
        Ok(text) => storage.set_string(key, text),
        Err(error) => tracing::warn!("the {key} are not kept: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_versions_and_other_content_are_refused() {
        assert_eq!(content(r#"{"version":1,"content":[7]}"#), Ok(vec![7]));
        for bad in [
            "",
            "7",
            "[7]",
            r#"{"version":2,"content":[7]}"#,
            r#"{"version":1}"#,
            r#"{"version":1,"content":"x"}"#,
            r#"{"version":1,"content":[7]"#,
        ] {
            assert!(content::<Vec<u32>>(bad).is_err(), "{bad}");
        }
    }
}
