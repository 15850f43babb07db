#!/usr/bin/env bash
# Debian's compiler as a rustup toolchain with a WebAssembly target, for machines that reach Debian's packages but not
# Rust's own servers. Debian 12 has no library for the target (and none in any package beside the compiler), so it is
# built once from Debian's copy of the sources.
set -euo pipefail
target=$1
name=$2
export DEBIAN_FRONTEND=noninteractive

apt-get update
apt-get install -y --no-install-recommends \
  rustc-web cargo-web rust-web-src rust-web-llvm rustfmt-web rust-web-clippy
# rust-web-llvm links rust-lld to the linker of its LLVM and does not bring that: its package is named like the program.
[ -x /usr/bin/rust-lld ] || apt-get install -y --no-install-recommends "$(basename "$(readlink -m /usr/bin/rust-lld)")"
rustup toolchain link "$name" /usr

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
: >"$work/src/lib.rs"
printf '[package]\nname = "build-std"\nversion = "0.0.0"\nedition = "2021"\n' >"$work/Cargo.toml"
# Building the library is an unstable feature: allowed for this one build, never for the project. Bitcode lets the
# project use link-time optimisation.
(cd "$work" && CARGO_TARGET_DIR=target RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTFLAGS="-C embed-bitcode=yes" \
  /usr/bin/cargo build --release --target "$target" -Z build-std=std,panic_abort,panic_unwind)

# Moved into place at once, so that an interrupted copy is never taken for the whole.
library=/usr/lib/rustlib/$target/lib
mkdir -p "$library.unfinished"
find "$work/target/$target/release/deps" -name '*.rlib' ! -name 'libbuild_std*' -exec cp {} "$library.unfinished/" \;
rm -rf "$library"
mv "$library.unfinished" "$library"
