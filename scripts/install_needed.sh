#!/usr/bin/env bash
# Installs what poseglass needs on Debian or Ubuntu and is not there yet, saying what and why.
#
#   scripts/install_needed.sh          what building and running needs
#   scripts/install_needed.sh tests    what the tests need besides
#   scripts/install_needed.sh cuda     what fetching NVIDIA's compiler needs besides
set -euo pipefail

# package: why
build_packages=(
  "gcc:links the program"
  "g++:compiles the H.264 codec"
  "libclang-dev:reads the camera headers"
  "pkg-config:finds system libraries"
  "ffmpeg:reads every video format besides H.264 mp4"
  "libxkbcommon-x11-0:keys in the window"
  "libgl1:draws the window"
  "libegl1:draws the window under Wayland"
  "libxcursor1:the mouse pointer in the window"
  "libxi6:mouse and keyboard in the window"
)
test_packages=(
  "xauth:lets programs onto that display"
  "xvfb:a display for the window's smoke test"
  "libgl1-mesa-dri:draws without a graphics card"
  "xdotool:presses keys in the smoke test"
  "imagemagick:takes the smoke test's screenshot"
  "python3-venv:pycocotools, which the evaluation is compared with"
  "gcc-aarch64-linux-gnu:links the kernels for 64-bit ARM"
  "libc6-dev-arm64-cross:the C library for that"
  "qemu-user:runs them"
)

cuda_packages=(
  "python3-venv:fetches NVIDIA's compiler"
)

wanted=("${build_packages[@]}")
case ${1:-} in
  tests) wanted+=("${test_packages[@]}") ;;
  cuda) wanted+=("${cuda_packages[@]}") ;;
  "") ;;
  *)
    echo "$1 is not known: write nothing, tests or cuda" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null; then
  echo "This is no Debian or Ubuntu: please see to it yourself that these are there:" >&2
  printf '  %s\n' "${wanted[@]}" >&2
  exit 0
fi

missing=()
for entry in "${wanted[@]}"; do
  package=${entry%%:*}
  if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then
    echo "missing: $package (${entry#*:})" >&2
    missing+=("$package")
  fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "installing them needs administrator rights, and there is no sudo: as root, run" >&2
    echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
  echo "installing them needs administrator rights; sudo may ask for your password" >&2
fi
# a source of packages that does not answer need not be the one of these
"${as_root[@]}" apt-get update -q || echo "the lists of packages are not fresh; going on with those that are there" >&2
if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; then
  echo "these could not be installed: ${missing[*]}; what apt-get says above tells why (it needs the network)" >&2
  exit 1
fi
