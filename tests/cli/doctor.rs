//! What `poseglass doctor` finds.

use super::*;

/// All findings, with this command as `ffmpeg` where one is given.
fn findings(ffmpeg: Option<&Path>) -> Vec<serde_json::Value> {
    let mut doctor = poseglass();
    doctor.args(["doctor", "--json"]);
    if let Some(ffmpeg) = ffmpeg {
        doctor.env("POSEGLASS_FFMPEG", ffmpeg);
    }
    let output = doctor.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn verdict_on(what: &str, findings: &[serde_json::Value]) -> String {
    let mut of_it = findings.iter().filter(|finding| finding["what"] == what);
    let finding = of_it.next().unwrap();
    assert!(of_it.next().is_none(), "{what} is there twice");
    finding["verdict"].as_str().unwrap().to_owned()
}

#[test]
fn doctor_finds_the_program_whole() {
    let findings = findings(None);
    assert!(findings.iter().all(|finding| finding["verdict"] != "bad"));
    for what in ["weights of fast", "ffmpeg", "ffprobe"] {
        assert_eq!(verdict_on(what, &findings), "good", "{what}");
    }
}

#[cfg(unix)]
#[test]
fn doctor_takes_no_other_program_for_ffmpeg() {
    let findings = findings(Some(Path::new("true")));
    assert_eq!(verdict_on("ffmpeg", &findings), "missing");
    // that one is called without a folder, so is this one
    assert_eq!(verdict_on("ffprobe", &findings), "good");
}

#[cfg(unix)]
#[test]
fn doctor_looks_for_ffprobe_beside_ffmpeg() {
    use std::os::unix::fs::symlink;

    let on_search_path = |name: &str| {
        let folders = std::env::var_os("PATH").unwrap();
        let mut programs = std::env::split_paths(&folders).map(|folder| folder.join(name));
        programs.find(|program| program.is_file()).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let [ffmpeg, ffprobe] = ["ffmpeg", "ffprobe"].map(|name| folder.path().join(name));
    symlink(on_search_path("ffmpeg"), &ffmpeg).unwrap();
    let verdicts = || {
        let findings = findings(Some(&ffmpeg));
        ["ffmpeg", "ffprobe"].map(|what| verdict_on(what, &findings))
    };
    assert_eq!(verdicts(), ["good", "missing"]);
    symlink(on_search_path("true"), &ffprobe).unwrap();
    assert_eq!(verdicts(), ["good", "missing"]);
}
