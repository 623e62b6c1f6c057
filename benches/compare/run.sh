#!/usr/bin/env bash
# Our nets in ONNX Runtime beside poseglass, same weights, same threads: a line a case at the end.
#
#   benches/compare/run.sh [--isa avx2] [--precision int16] [--pairs N] [--runs N]
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=target/compare-venv
if ! "$venv/bin/python" -c 'import torch, onnx, onnxruntime, safetensors' 2>/dev/null; then
  # one that a stopped run left half made, or whose Python is gone, is made anew
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r benches/compare/requirements.txt
fi
cargo build --locked --release --features gui-tests
models=target/compare-onnx
"$venv/bin/python" benches/compare/export_onnx.py "$models"
"$venv/bin/python" benches/compare/compare.py target/release/poseglass "$models" "$@"
