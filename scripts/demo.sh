#!/usr/bin/env bash
# Shows poseglass at work: installs what is missing, builds, follows the people of SOURCE
# (a video, a picture, a folder, or camera, until Ctrl+C; by default the clip in assets/), and opens the window when
# there is a display.
#
#   scripts/demo.sh [SOURCE]
set -euo pipefail
asked_for=${1:-}
# a path is meant from where the user stands
if [ -n "$asked_for" ] && [ -e "$asked_for" ]; then
  asked_for=$(realpath -- "$asked_for")
fi
cd "$(dirname "$0")/.."
source=${asked_for:-assets/standing-and-leaving.mp4}

scripts/install_needed.sh
if ! command -v cargo >/dev/null; then
  echo "Rust is missing: install it from https://rustup.rs, then run this again" >&2
  exit 1
fi
cargo build --release --locked

mkdir -p out
case ${source,,} in
  *.png | *.jpg | *.jpeg | *.webp | *.bmp | *.tif | *.tiff) picture=out/demo.png ;;
  *) picture=out/demo.mp4 ;;
esac
target/release/poseglass track "$source" --video "$picture" --export jsonl=out/demo.jsonl
echo
echo "annotated: $PWD/$picture"
echo "data:      $PWD/out/demo.jsonl"

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  echo "opening the window; Ctrl+Q closes it"
  exec target/release/poseglass "$source"
fi
echo "there is no display, so the window stays closed; on a desktop: target/release/poseglass"
