#!/usr/bin/env bash
# Runs the tests of the kernels where the usual test run cannot: under AddressSanitizer, and compiled for 64-bit ARM
# under qemu. The kernels know nothing of the rest of the program, so that a package of them alone does, built in a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
package=$root/target/kernels-alone

scripts/install_needed.sh tests
if ! command -v cargo >/dev/null; then
  echo "Rust is missing: install it from https://rustup.rs, then run this again" >&2
  exit 1
fi
host=$(rustc -vV | sed -n 's/^host: //p')

version() { # the version of a dependency, as in Cargo.toml
    sed -n "s/^$1 = .*\"\([0-9][0-9.]*\)\".*/\1/p" Cargo.toml | head -1
}

mkdir -p "$package/src"
cat > "$package/Cargo.toml" <<END
[package]
name = "poseglass"
version = "0.0.0"
edition = "2024"
[dependencies]
rayon = "$(version rayon)"
thiserror = "$(version thiserror)"
[dev-dependencies]
proptest = { version = "$(version proptest)", default-features = false, features = ["std"] }
[[test]]
name = "kernels"
path = "$root/tests/kernels/main.rs"
[workspace]
END
cp Cargo.lock "$package/Cargo.lock"
cat > "$package/src/lib.rs" <<END
//! The kernels of poseglass alone.
#[path = "$root/src/kernels/mod.rs"]
pub mod kernels;
END

run() { # name, then arguments for cargo test; each has its own target folder, as the flags differ
    echo "== kernels: $1"
    cargo test --quiet --manifest-path "$package/Cargo.toml" --target-dir "$package/target/$1" "${@:2}"
}

echo "== kernels: layers for training"
cargo test --quiet --release --locked --manifest-path training/native/Cargo.toml

# The sanitizer is part of the stable toolchain, the flag for it is not.
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address PROPTEST_CASES=24 \
    run address-sanitizer --target "$host"

if [ "$host" = aarch64-unknown-linux-gnu ]; then
    echo "this machine is a 64-bit ARM: the usual test run has tested its kernels"
    exit 0
fi
if ! command -v rustup >/dev/null; then
    echo "rustup is missing, which adds the target for 64-bit ARM: install Rust from https://rustup.rs" >&2
    exit 1
fi
rustup target add aarch64-unknown-linux-gnu
CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu" \
PROPTEST_CASES=12 \
    run aarch64 --release --target aarch64-unknown-linux-gnu
