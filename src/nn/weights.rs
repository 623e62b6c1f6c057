//! Which weights there are, and that they are what they should be.
//!
//! The nets that ship are inside the binary. A folder given with `--weights` must hold a `manifest.toml` of the
//! same form and the files that it names.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The manifest that is inside the binary.
const BUNDLED_MANIFEST: &str = include_str!("../../weights/manifest.toml");

/// The files that the manifest inside the binary names.
const BUNDLED_FILES: &[(&str, &[u8])] = &[
    (
        "detector.safetensors",
        include_bytes!("../../weights/detector.safetensors"),
    ),
    (
        "pose-accurate.safetensors",
        include_bytes!("../../weights/pose-accurate.safetensors"),
    ),
    (
        "pose-fast.safetensors",
        include_bytes!("../../weights/pose-fast.safetensors"),
    ),
    (
        "reidentifier.safetensors",
        include_bytes!("../../weights/reidentifier.safetensors"),
    ),
];

/// Weights that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// A file of the weights folder cannot be read.
    #[error("cannot read the weights {}: {reason}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        reason: std::io::Error,
    },
    /// The manifest does not say what it should.
    #[error("{origin} is no list of weights: {reason}")]
    BadManifest {
        /// Which manifest.
        origin: String,
        /// The first fault.
        reason: String,
    },
    /// A file is not the one that the manifest describes.
    #[error(
        "the weights {file} are damaged or not those of the manifest (sha256 {found}, expected {expected}): fetch them again"
    )]
    WrongChecksum {
        /// Which file.
        file: String,
        /// Of the file that is there.
        found: String,
        /// As the manifest says.
        expected: String,
    },
    /// There is no net of that name.
    #[error("there is no model {wanted:?} among the weights, only {}", offered.join(", "))]
    NoSuchNet {
        /// What was asked for.
        wanted: String,
        /// What there is.
        offered: Vec<String>,
    },
    /// A file is no safetensors file or its description lacks something.
    #[error("the weights {file} cannot be used: {reason}")]
    BadFile {
        /// Which file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What a net is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetRole {
    /// Finds people.
    Detector,
    /// Finds their joints.
    Pose,
    /// Tells them apart.
    Reidentifier,
}

/// One net of a manifest.
#[derive(Clone, Debug, Deserialize)]
pub struct NetEntry {
    /// What `--model` calls it.
    pub name: String,
    /// What it is for.
    pub role: NetRole,
    /// File beside the manifest.
    pub file: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// In words.
    pub architecture: String,
    /// License of the weights.
    pub license: String,
    /// From what they learned, and what that is licensed under; empty in manifests without it.
    #[serde(default)]
    pub trained_on: String,
    /// The command of its last run; empty in manifests without it.
    #[serde(default)]
    pub trained_with: String,
    /// How good it is, on which pictures; empty in manifests without it.
    #[serde(default)]
    pub measured: String,
}

#[derive(Deserialize)]
struct Manifest {
    net: Vec<NetEntry>,
}

/// A checked file: its bytes and what its header says.
#[derive(Clone, Debug)]
pub struct NetFile {
    /// The line of the manifest.
    pub entry: NetEntry,
    /// A whole safetensors file.
    pub(super) bytes: Cow<'static, [u8]>,
    metadata: BTreeMap<String, String>,
}

/// All nets of one manifest.
#[derive(Clone, Debug)]
pub struct WeightSet {
    entries: Vec<NetEntry>,
    /// `None`: inside the binary.
    folder: Option<PathBuf>,
}

impl WeightSet {
    /// The nets inside the binary.
    pub fn bundled() -> Result<Self, WeightsError> {
        Ok(Self {
            entries: read_manifest(BUNDLED_MANIFEST, "the bundled manifest.toml")?,
            folder: None,
        })
    }

    /// The nets of a folder with a `manifest.toml`.
    pub fn from_folder(folder: &Path) -> Result<Self, WeightsError> {
        let path = folder.join("manifest.toml");
        let text = std::fs::read_to_string(&path).map_err(|reason| WeightsError::Unreadable {
            path: path.clone(),
            reason,
        })?;
        Ok(Self {
            entries: read_manifest(&text, &path.display().to_string())?,
            folder: Some(folder.to_owned()),
        })
    }

    /// Every net of the manifest.
    pub fn entries(&self) -> &[NetEntry] {
        &self.entries
    }

    /// The pose net of that name.
    pub fn pose_net(&self, name: &str) -> Result<NetFile, WeightsError> {
        self.read(|entry| entry.role == NetRole::Pose && entry.name == name)?
            .ok_or_else(|| WeightsError::NoSuchNet {
                wanted: name.to_owned(),
                offered: self.names(NetRole::Pose),
            })
    }

    /// The person detector.
    pub fn detector(&self) -> Result<NetFile, WeightsError> {
        self.read(|entry| entry.role == NetRole::Detector)?
            .ok_or_else(|| WeightsError::NoSuchNet {
                wanted: "detector".to_owned(),
                offered: self.names(NetRole::Pose),
            })
    }

    /// The net that tells people apart; folders made before there was one do without.
    pub fn reidentifier(&self) -> Result<Option<NetFile>, WeightsError> {
        self.read(|entry| entry.role == NetRole::Reidentifier)
    }

    /// Names of the nets with that role.
    pub fn names(&self, role: NetRole) -> Vec<String> {
        self.entries
            .iter()
            .filter(|entry| entry.role == role)
            .map(|entry| entry.name.clone())
            .collect()
    }

    /// Reads and checks the file of an entry.
    pub fn check(&self, entry: &NetEntry) -> Result<NetFile, WeightsError> {
        let bytes = self.bytes_of(entry)?;
        let found = hex(&Sha256::digest(&bytes));
        // some programs write capitals
        if !found.eq_ignore_ascii_case(&entry.sha256) {
            return Err(WeightsError::WrongChecksum {
                file: entry.file.clone(),
                found,
                expected: entry.sha256.clone(),
            });
        }
        let (_, header) =
            SafeTensors::read_metadata(&bytes).map_err(|error| WeightsError::BadFile {
                file: entry.file.clone(),
                reason: error.to_string(),
            })?;
        let metadata = header
            .metadata()
            .iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        Ok(NetFile {
            entry: entry.clone(),
            bytes,
            metadata,
        })
    }

    fn read(&self, is_wanted: impl Fn(&NetEntry) -> bool) -> Result<Option<NetFile>, WeightsError> {
        self.entries
            .iter()
            .find(|entry| is_wanted(entry))
            .map(|entry| self.check(entry))
            .transpose()
    }

    fn bytes_of(&self, entry: &NetEntry) -> Result<Cow<'static, [u8]>, WeightsError> {
        match &self.folder {
            Some(folder) => {
                let path = folder.join(&entry.file);
                let bytes = std::fs::read(&path)
                    .map_err(|reason| WeightsError::Unreadable { path, reason })?;
                Ok(Cow::Owned(bytes))
            }
            None => BUNDLED_FILES
                .iter()
                .find(|(name, _)| *name == entry.file)
                .map(|(_, bytes)| Cow::Borrowed(*bytes))
                .ok_or_else(|| WeightsError::BadManifest {
                    origin: "the bundled manifest.toml".to_owned(),
                    reason: format!("{} is not inside the binary", entry.file),
                }),
        }
    }
}

impl NetFile {
    /// A number of the file's header, such as `stacks`.
    pub(super) fn number(&self, key: &str) -> Result<usize, WeightsError> {
        self.text(key)?
            .parse()
            .map_err(|_not_a_number| self.bad(format!("{key} is no number")))
    }

    /// A number of the file's header that may be missing.
    pub(super) fn number_if_any(&self, key: &str) -> Result<Option<usize>, WeightsError> {
        match self.text(key) {
            Ok(_) => self.number(key).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// The score from which the detector's boxes are believed, between 0 and 1.
    pub(super) fn threshold(&self) -> Result<f32, WeightsError> {
        self.text("threshold")?
            .parse()
            .ok()
            .filter(|threshold| 0.0 < *threshold && *threshold < 1.0)
            .ok_or_else(|| self.bad("its threshold is not between 0 and 1".to_owned()))
    }

    /// A word of the file's header.
    pub(super) fn text(&self, key: &str) -> Result<&str, WeightsError> {
        self.metadata
            .get(key)
            .map(String::as_str)
            .ok_or_else(|| self.bad(format!("its header does not say {key}")))
    }

    pub(super) fn bad(&self, reason: String) -> WeightsError {
        WeightsError::BadFile {
            file: self.entry.file.clone(),
            reason,
        }
    }
}

fn read_manifest(text: &str, origin: &str) -> Result<Vec<NetEntry>, WeightsError> {
    toml::from_str::<Manifest>(text)
        .map(|manifest| manifest.net)
        .map_err(|error| WeightsError::BadManifest {
            origin: origin.to_owned(),
            reason: error.message().to_owned(),
        })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // writing to a string cannot fail
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_weights_are_what_the_manifest_says() {
        let weights = WeightSet::bundled().unwrap();
        assert_eq!(weights.entries().len(), BUNDLED_FILES.len());
        for entry in weights.entries() {
            weights.check(entry).unwrap();
            assert!(!entry.license.is_empty(), "{}", entry.name);
            assert!(!entry.trained_on.is_empty(), "{}", entry.name);
            assert!(!entry.trained_with.is_empty(), "{}", entry.name);
            assert!(!entry.measured.is_empty(), "{}", entry.name);
        }
    }

    #[test]
    fn damaged_weights_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("manifest.toml");
        std::fs::write(&manifest, BUNDLED_MANIFEST).unwrap();
        for (name, bytes) in BUNDLED_FILES {
            let mut bytes = bytes.to_vec();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let weights = WeightSet::from_folder(folder.path()).unwrap();
        assert!(matches!(
            weights.detector(),
            Err(WeightsError::WrongChecksum { .. })
        ));
    }

    #[test]
    fn a_checksum_may_be_in_capitals() {
        let weights = WeightSet::bundled().unwrap();
        let mut entry = weights.entries()[0].clone();
        entry.sha256.make_ascii_uppercase();
        assert!(weights.check(&entry).is_ok());
    }

    #[test]
    fn missing_weights_name_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = WeightSet::from_folder(folder.path()).unwrap_err();
        assert!(error.to_string().contains("manifest.toml"), "{error}");
    }

    #[test]
    fn an_unknown_model_lists_those_there_are() {
        let error = WeightSet::bundled().unwrap().pose_net("huge").unwrap_err();
        assert!(error.to_string().contains("fast"), "{error}");
    }
}
