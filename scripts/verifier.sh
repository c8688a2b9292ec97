#!/usr/bin/env bash
# The verifier's build, `cargo build --no-default-features`: no server, no storage engine, no network. Checks that it compiles
# without warnings, verifies a frozen proof bundle, refuses an altered one, and audits the files of a log.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

node="${JEJAK_BIN:-}"
if [ -z "$node" ]; then
  cargo build --locked --quiet
  node=target/debug/jejak
fi
"$node" demo --once --listen 127.0.0.1:0 --dir "$work/demo" >/dev/null

# in the same target directory, which has most of its dependencies; the program of the default build is replaced
# (the lints of the shared code ran with the default features; what only this build can show is code that it does not use)
cargo build --locked --quiet --no-default-features 2>"$work/warnings" || { cat "$work/warnings"; exit 1; }
[ ! -s "$work/warnings" ] || { cat "$work/warnings"; echo "the verifier's build has warnings"; exit 1; }
cp "${CARGO_TARGET_DIR:-target}/debug/jejak" "$work/jejak"

expect() { # expect CODE ARGUMENTS...
  local want=$1 code=0
  shift
  "$work/jejak" "$@" >"$work/out" 2>&1 || code=$?
  [ "$code" = "$want" ] || { cat "$work/out"; echo "jejak $*: exit code $code, not $want"; exit 1; }
}
fixture=tests/fixtures/v1
expect 0 verify "$fixture/nilam.jejak" --trust "$fixture/trust.toml"
sed '0,/"index":2/s//"index":3/' "$fixture/nilam.jejak" >"$work/altered.jejak"
cmp -s "$fixture/nilam.jejak" "$work/altered.jejak" && { echo "the bundle was not altered"; exit 1; }
expect 1 verify "$work/altered.jejak" --trust "$fixture/trust.toml"
expect 0 audit "$work/demo/ledger"
expect 2 audit https://jejak.example
for crate in axum tokio hyper tower sled fjall ureq askama qrcode krilla barcoders; do
  if cargo tree --locked --no-default-features -e normal --prefix none | grep -q "^$crate v"; then
    echo "$crate is in the verifier's build"
    exit 1
  fi
done
echo "the verifier's build verifies and audits"
