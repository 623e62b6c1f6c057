#!/usr/bin/env bash
# Builds poseglass with CUDA on a machine that has neither a GPU nor a CUDA installation: NVIDIA's compiler comes from
# PyPI into target/cuda. The program finds the driver when it starts, so the same binary runs where there is none.
#
#   scripts/build_cuda.sh                      for NVIDIA GPUs from Ampere on (compute capability 8.0)
#   CUDA_COMPUTE_CAP=90 scripts/build_cuda.sh  for Hopper and later
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$PWD/target/cuda
toolkit=$folder/toolkit
if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "this is for Linux on x86-64; elsewhere install CUDA and run: cargo build --release --features cuda" >&2
  exit 1
fi
scripts/install_needed.sh cuda
if ! command -v cargo >/dev/null; then
  echo "Rust is missing: install it from https://rustup.rs, then run this again" >&2
  exit 1
fi

# 13.0 runs on drivers from 580 on; a newer toolkit would ask for a newer driver
packages=(
  nvidia-cuda-nvcc==13.0.88
  nvidia-nvvm==13.0.88
  nvidia-cuda-crt==13.0.88
  nvidia-cuda-runtime==13.0.96
  nvidia-cuda-cccl==13.0.85
  nvidia-cuda-nvrtc==13.0.88
)
if [ ! -x "$toolkit/bin/nvcc" ]; then
  echo "fetching NVIDIA's compiler (about 300 MB)"
  # packages of a stopped or an earlier run are not mixed with these
  rm -rf "$folder/wheels"
  mkdir -p "$folder/wheels"
  python3 -m venv --clear "$folder/venv"
  "$folder/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    -d "$folder/wheels" "${packages[@]}"
  rm -rf "$folder/unpacked" "$toolkit"
  for wheel in "$folder"/wheels/*.whl; do
    python3 -m zipfile -e "$wheel" "$folder/unpacked"
  done
  mv "$folder/unpacked/nvidia/cu13" "$toolkit"
  chmod -R u+x "$toolkit/bin" "$toolkit/nvvm/bin"
fi
# candle asks for the runtime as a shared library, which machines without CUDA lack: a linker script puts the static one
# into the program instead
rm -f "$toolkit/lib/libcudart.so"
echo 'INPUT(libcudart_static.a)' > "$toolkit/lib/libcudart.so"

# candle links the driver's libraries; one word of its manifest makes them be loaded at run time instead
version=$(sed -n '/^name = "candle-core"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)
cargo fetch --locked
rm -rf "$folder/candle-core"
# other versions of Cargo, and mirrors, have folders of their own with the same
for unpacked in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"candle-core-$version"; do
  cp -r "$unpacked" "$folder/candle-core"
  break
done
sed -i 's/"dynamic-linking"/"fallback-dynamic-loading"/' "$folder/candle-core/Cargo.toml"
grep -q fallback-dynamic-loading "$folder/candle-core/Cargo.toml"

# the replaced crate is another entry of the lock file, which is put back
cp Cargo.lock "$folder/Cargo.lock"
trap 'cp "$folder/Cargo.lock" Cargo.lock' EXIT

export CUDA_HOME=$toolkit CUDA_PATH=$toolkit CUDA_ROOT=$toolkit CUDA_TOOLKIT_ROOT_DIR=$toolkit NVCC=$toolkit/bin/nvcc
export PATH=$toolkit/bin:$PATH LIBRARY_PATH=$toolkit/lib CUDARC_CUDA_VERSION=13000
export CUDA_COMPUTE_CAP=${CUDA_COMPUTE_CAP:-80}
cargo build --release --features cuda --target-dir "$folder/build" \
  --config "patch.crates-io.candle-core.path=\"$folder/candle-core\""
echo "built: $folder/build/release/poseglass"
