#!/usr/bin/env bash
# Everything that a change must pass, fast checks first: format, lints, all tests, and the main job on the clip.
# Installs what is missing on Debian or Ubuntu. Needs Rust and Python from 3.11 on; the first run needs the network.
#
#   scripts/test.sh
set -euo pipefail
cd "$(dirname "$0")/.."
began=$SECONDS
step() { printf '\n== %s (%d s so far)\n' "$1" $((SECONDS - began)); }

step "what the tests need"
scripts/install_needed.sh tests
if ! command -v cargo >/dev/null; then
  echo "Rust is missing: install it from https://rustup.rs, then run this again" >&2
  exit 1
fi
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "Python 3.11 or newer is needed as python3: the packages of tests/reference/requirements.txt ask for it" >&2
  exit 1
fi
if ! cargo nextest --version >/dev/null 2>&1; then
  echo "missing: cargo-nextest (runs the tests); building it from crates.io"
  cargo install --locked cargo-nextest
fi
# one set of features, and one profile for all that is run, so that each dependency is compiled once
features=(--locked --features gui-tests)
venv=target/test-venv
if ! "$venv/bin/python" -c 'import pycocotools, pandas, motmetrics' 2>/dev/null; then
  # one that a stopped run left half made, or whose Python is gone, is made anew
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/reference/requirements.txt
fi

step "format"
cargo fmt --check

step "lints"
cargo clippy "${features[@]}" --all-targets -- -D warnings

step "tests"
# builds target/release/poseglass too
cargo nextest run --release "${features[@]}"

step "the kernels under AddressSanitizer and on 64-bit ARM"
scripts/check_kernels.sh

step "evaluation against pycocotools"
POSEGLASS_PYTHON="$venv/bin/python" scripts/compare_with_pycocotools.sh target/release/poseglass 60

step "the main job on the clip"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
target/release/poseglass track assets/standing-and-leaving.mp4 \
  --video "$out/out.mp4" --export "jsonl=$out/out.jsonl"
python3 tests/reference/check_main_job.py assets/standing-and-leaving.mp4 "$out/out.mp4" "$out/out.jsonl"

step "its results in other programs' formats"
target/release/poseglass convert "$out/out.jsonl" "csv=$out/a.csv" "csv-wide=$out/wide.csv" "coco=$out/coco.json" \
  "openpose=$out/openpose" "mot-challenge=$out/mot.txt" "posetrack18=$out/posetrack.json" "trc=$out/px.trc" \
  "mot=$out/angles.mot" "sto=$out/angles.sto"
target/release/poseglass convert "$out/out.jsonl" "trc=$out/m.trc" --meters-per-pixel 0.004
"$venv/bin/python" tests/reference/check_exports.py "$out/out.jsonl" "$out"

step "the window"
scripts/smoke_test_window.sh target/release/poseglass assets/standing-and-leaving.mp4 "$out/window.png"

step "done"
