//! Rules of the code base that the compiler and clippy cannot check.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read the sources should panic"
)]

use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use poseglass::cli::args::Cli;
use poseglass::export::ExportFormat;

/// Layers from the bottom up: a module uses modules of lower layers only, siblings do not know each other.
const LAYERS: &[&[&str]] = &[
    &["base"],
    &["geom", "kernels"],
    &["image", "skeleton"],
    &["types"],
    &["seam", "codec"],
    &["measure", "nn", "refine", "track"],
    &["pipeline", "source"],
    &["export", "eval"],
    &["whole_run"],
    &["engine"],
    &["cli", "gui"],
];

/// Which modules may name an external crate; every other module must do without it.
const HOMES: &[(&str, &[&str])] = &[
    ("candle_core", &["nn"]),
    ("candle_nn", &["nn"]),
    ("safetensors", &["nn"]),
    ("rayon", &["kernels"]),
    ("eframe", &["gui"]),
    ("egui", &["gui"]),
    ("rfd", &["gui"]),
    ("nokhwa", &["source/camera"]),
    ("v4l", &["source/camera"]),
    ("crossbeam_channel", &["base", "engine"]),
    ("clap", &["cli", "main.rs"]),
    ("indicatif", &["cli"]),
    ("jiff", &["engine"]),
];

/// A file longer than this holds more than one idea.
const MOST_LINES: usize = 400;

struct SourceFile {
    /// Relative to its folder, with `/`.
    name: String,
    text: String,
}

/// What stands in the file of this name beside `Cargo.toml`.
fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

fn source_files() -> Vec<SourceFile> {
    rust_files("src")
}

/// All files of Rust in a folder of the package.
fn rust_files(folder: &str) -> Vec<SourceFile> {
    fn visit(dir: &Path, paths: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, paths);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                paths.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths = Vec::new();
    visit(&root, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| SourceFile {
            name: path
                .strip_prefix(&root)
                .unwrap()
                .components()
                .map(|part| part.as_os_str().to_str().unwrap())
                .collect::<Vec<_>>()
                .join("/"),
            text: fs::read_to_string(&path).unwrap(),
        })
        .collect()
}

impl SourceFile {
    /// The module that the file belongs to, as `lib.rs` names it.
    fn top_module(&self) -> &str {
        self.name.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// Lines of code with their numbers, comments left out.
    fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(index, line)| (index + 1, line))
    }
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The identifiers that follow each occurrence of `prefix` in `line`.
fn names_after<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(prefix).map(move |(at, _)| {
        let rest = &line[at + prefix.len()..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn modules_depend_downwards_only() {
    let mut n_checked = 0;
    let mut wrong = Vec::new();
    for file in source_files() {
        let own = file.top_module();
        if matches!(own, "lib" | "main") {
            continue;
        }
        let own_layer = layer_of(own).unwrap_or_else(|| panic!("{} is in no layer", file.name));
        for (number, line) in file.code_lines() {
            for used in names_after(line, "crate::") {
                n_checked += 1;
                if used != own && layer_of(used).is_none_or(|layer| own_layer <= layer) {
                    wrong.push(format!("{}:{number}: {own} uses {used}", file.name));
                }
            }
            if line.contains("super::super") || line.contains("use crate::{") {
                wrong.push(format!(
                    "{}:{number}: write `use crate::module::…` so that layers can be checked",
                    file.name
                ));
            }
        }
    }
    assert!(50 < n_checked, "only {n_checked} uses were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn external_crates_stay_in_their_homes() {
    let mut wrong = Vec::new();
    for file in source_files() {
        for (number, line) in file.code_lines() {
            for (name, homes) in HOMES {
                let is_used = line.match_indices(&format!("{name}::")).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                });
                if is_used && !homes.iter().any(|home| file.name.starts_with(home)) {
                    wrong.push(format!("{}:{number}: {name}", file.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn threads_start_in_the_worker_only() {
    for file in source_files() {
        for (number, line) in file.code_lines() {
            assert!(
                file.name == "base/worker.rs"
                    || !(line.contains("thread::Builder") || line.contains("thread::scope")),
                "{}:{number}",
                file.name
            );
            assert!(
                !line.contains("Worker::spawn")
                    || file.name == "base/worker.rs"
                    || file.name.starts_with("engine/"),
                "{}:{number}: threads live in engine",
                file.name
            );
        }
    }
}

#[test]
fn every_file_has_a_header_and_one_idea() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests"] {
        for file in rust_files(folder) {
            let name = format!("{folder}/{}", file.name);
            if !file.text.starts_with("//! ") {
                wrong.push(format!("{name}: no //! header"));
            }
            let n_lines = file.text.lines().count();
            if MOST_LINES < n_lines {
                wrong.push(format!("{name}: {n_lines} lines, split it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_code_stays_in_the_kernels() {
    for file in source_files() {
        for (number, line) in file.code_lines() {
            assert!(
                !line.contains("unsafe ") || file.name.starts_with("kernels/"),
                "{}:{number}: unsafe outside of the kernels",
                file.name
            );
        }
    }
}

#[test]
fn the_map_of_the_architecture_shows_every_module_in_its_layer() {
    let map = document("ARCHITECTURE.md");
    for (number, layer) in LAYERS.iter().enumerate() {
        for module in *layer {
            let row = format!("\n| {number} | `{module}` | ");
            assert!(map.contains(&row), "ARCHITECTURE.md lacks {row}");
        }
    }
}

#[test]
fn readme_names_every_command_and_format() {
    let readme = document("README.md");
    for command in Cli::command().get_subcommands() {
        let row = format!("\n| `poseglass {}", command.get_name());
        assert!(readme.contains(&row), "README.md lacks {row}");
    }
    for format in ExportFormat::ALL {
        let row = format!("\n| `{}` | ", format.name());
        assert!(readme.contains(&row), "README.md lacks {row}");
    }
}

/// The keys of the window, a row a command, as the README must show them.
#[cfg(feature = "gui")]
fn keys_table() -> String {
    use eframe::egui::{Key, ModifierNames};
    use poseglass::gui::command::Command;

    let mut rows = String::new();
    for command in Command::ALL {
        let keys: Vec<String> = command
            .shortcuts()
            .iter()
            .map(|shortcut| match shortcut.logical_key {
                // as printed on the key, as the window shows them
                Key::Comma => "`,`".to_owned(),
                Key::Period => "`.`".to_owned(),
                Key::Questionmark => "`?`".to_owned(),
                Key::OpenBracket => "`[`".to_owned(),
                Key::CloseBracket => "`]`".to_owned(),
                _ => format!("`{}`", shortcut.format(&ModifierNames::NAMES, false)),
            })
            .collect();
        rows += &format!("| {} | {} |\n", keys.join(", "), command.tooltip());
    }
    format!("| keys | what they do |\n|---|---|\n{rows}")
}

#[cfg(feature = "gui")]
#[test]
fn readme_shows_the_keys_of_the_window() {
    let readme = document("README.md");
    let table = keys_table();
    assert!(
        readme.contains(&table),
        "README.md lacks this table:\n{table}"
    );
}
