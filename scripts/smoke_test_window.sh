#!/usr/bin/env bash
# Opens the real window on a display without a screen, plays a clip, takes a screenshot, and closes it with a key.
#
#   scripts/smoke_test_window.sh BINARY CLIP SCREENSHOT.png
set -euo pipefail
binary=$1 clip=$2 screenshot=$3

xvfb-run --auto-servernum --server-args='-screen 0 1280x800x24' bash -s "$binary" "$clip" "$screenshot" <<'INSIDE'
set -euo pipefail
binary=$1 clip=$2 screenshot=$3
# what the user's own window keeps is neither read nor written
XDG_DATA_HOME=$(mktemp -d)
export XDG_DATA_HOME
# on a desktop with Wayland the window would open there
unset WAYLAND_DISPLAY WAYLAND_SOCKET
LIBGL_ALWAYS_SOFTWARE=1 "$binary" "$clip" &
window_process=$!
trap 'kill "$window_process" 2>/dev/null || true; rm -rf "$XDG_DATA_HOME"' EXIT
for _ in $(seq 60); do
  window=$(xdotool search --onlyvisible --name poseglass 2>/dev/null | tail -n 1 || true)
  [ -n "$window" ] && break
  kill -0 "$window_process" || { echo "the program ended before its window opened" >&2; exit 1; }
  sleep 0.5
done
[ -n "$window" ] || { echo "no window opened within 30 seconds" >&2; exit 1; }
sleep 6
# a busy machine may need longer for the first picture
for _ in $(seq 20); do
  import -window root "$screenshot"
  colors=$(identify -format '%k' "$screenshot")
  [ "$colors" -gt 1000 ] && break
  sleep 1
done
echo "the window shows $colors colors"
[ "$colors" -gt 1000 ] || { echo "the window shows no picture" >&2; exit 1; }
xdotool windowfocus "$window" key ctrl+q
for _ in $(seq 20); do
  if ! kill -0 "$window_process" 2>/dev/null; then
    wait "$window_process"
    [ -s "$XDG_DATA_HOME/poseglass/window.ron" ] || { echo "the window keeps nothing" >&2; exit 1; }
    exit 0
  fi
  sleep 0.5
done
echo "the window does not close on Ctrl+Q" >&2
exit 1
INSIDE
