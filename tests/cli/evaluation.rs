//! Figures: `eval` and `score`.

use super::*;

/// `eval` on annotations without pictures, in a folder that has no weights in it.
fn eval(folder: &Path, results: &str, options: &[&str]) -> Output {
    std::fs::write(
        folder.join("annotations.json"),
        r#"{"images":[],"annotations":[],"categories":[{"id":1,"name":"person"}]}"#,
    )
    .unwrap();
    poseglass()
        .current_dir(folder)
        .args(["eval", "--annotations=annotations.json", "--images=."])
        .args(["--results", results])
        .args(options)
        .output()
        .unwrap()
}

#[test]
fn eval_finds_out_before_the_nets_are_there_whether_its_results_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("taken")).unwrap();
    std::fs::write(folder.path().join("old.json"), "old").unwrap();
    for (place, words) in [
        ("missing folder/a.json", "cannot be written"),
        ("taken", "is a folder already"),
    ] {
        refused(
            &eval(folder.path(), place, &["--weights=."]),
            &[words, place],
        );
    }
    // these can be written, but are left alone until there are results
    for place in ["old.json", "new.json"] {
        refused(
            &eval(folder.path(), place, &["--weights=."]),
            &["manifest.toml"],
        );
    }
    let old = std::fs::read_to_string(folder.path().join("old.json")).unwrap();
    assert_eq!(old, "old");
    assert!(!folder.path().join("new.json").exists());
}

#[cfg(unix)]
#[test]
fn eval_keeps_its_results_where_a_link_leads() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results.json");
    std::os::unix::fs::symlink("results.json", folder.path().join("link.json")).unwrap();
    let output = eval(folder.path(), "link.json", &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(results).unwrap(), "[]");
}

#[cfg(target_os = "linux")]
#[test]
fn eval_tells_the_figures_of_results_that_cannot_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    // opens, but has no room
    let output = eval(folder.path(), "/dev/full", &[]);
    refused(&output, &["cannot write /dev/full"]);
    let said = text(&output.stdout);
    assert!(said.contains("AP50"), "{said}");
}

#[test]
fn score_prints_the_figures_of_each_metric() {
    let folder = tempfile::tempdir().unwrap();
    let tracks = folder.path().join("tracks.txt");
    std::fs::write(&tracks, "1,1,10,10,20,40,1\n2,1,12,10,20,40,1\n").unwrap();
    let poses = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/score/mixed");
    let [annotations, results] = ["annotations.json", "results.json"].map(|name| poses.join(name));
    let score = |annotations: &Path, results: &Path, options: &[&str]| {
        poseglass()
            .arg("score")
            .arg("--annotations")
            .arg(annotations)
            .arg("--results")
            .arg(results)
            .args(options)
            .output()
            .unwrap()
    };
    for (output, name) in [
        (score(&tracks, &tracks, &["--metric=mot", "--json"]), "mota"),
        (
            score(&annotations, &results, &["--metric=pck", "--json"]),
            "all_joints",
        ),
        (score(&annotations, &results, &["--json"]), "AP"),
    ] {
        assert!(output.status.success(), "{}", text(&output.stderr));
        let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(figures[name].is_number(), "{figures}");
    }
    let table = text(&score(&tracks, &tracks, &["--metric=mot"]).stdout);
    assert!(table.starts_with("MOTA               1.000000"), "{table}");
    let table = text(&score(&annotations, &results, &["--metric=pck", "--alpha=0.1"]).stdout);
    assert!(table.contains("PCK@0.1"), "{table}");
    let no_heads = score(&annotations, &results, &["--metric=pckh"]);
    refused(&no_heads, &["head_rect", "annotations.json"]);
    refused(
        &score(&annotations, &results, &["--alpha=0.1"]),
        &["--alpha"],
    );
    refused(
        &score(&annotations, &results, &["--metric=mot"]),
        &["line 1", "annotations.json"],
    );
}
