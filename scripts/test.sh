#!/usr/bin/env bash
# Passes when the product is in order: formatting, lints, documentation, every test, the pages in a real browser, and the
# log as seen by clients that are not ours. Installs what it needs: Debian packages through apt when root, npm packages by
# lock file, Python packages into target/venv. What can't run is said aloud as "SKIPPED: ..." and counted at the end.
#
#   scripts/test.sh            everything
#   scripts/test.sh quick      formatting, lints and the Rust tests only
set -euo pipefail
cd "$(dirname "$0")/.."
mode="${1:-all}"
skips=0
skip() { echo "SKIPPED: $*"; skips=$((skips + 1)); }
step() { printf '\n== %s\n' "$*"; }

export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-never}"
export JEJAK_KILLS="${JEJAK_KILLS:-5}"
[ -n "${JEJAK_VECTORS:-}" ] || skip "vectors made by others: JEJAK_VECTORS is not set"

need_debian() { # need_debian COMMAND PACKAGE
  command -v "$1" >/dev/null 2>&1 && return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
  if [ -z "${apt_fresh:-}" ]; then apt-get update -qq >/dev/null 2>&1 || true; apt_fresh=1; fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1 || return 1
  command -v "$1" >/dev/null 2>&1
}

step "formatting"
cargo fmt --check

step "lints"
cargo clippy --locked --all-targets -- -D warnings

step "verifier's build"
scripts/verifier.sh

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet

if command -v cargo-deny >/dev/null 2>&1; then
  step "licences and sources (offline)"
  cargo deny --offline check bans licenses sources
else
  skip "licences and sources: cargo-deny is not installed"
fi

step "Rust tests"
need_debian strace strace || skip "faults injected into system calls: strace is not installed"
need_debian openssl openssl || skip "key files opened by OpenSSL: openssl is not installed"
if command -v cargo-nextest >/dev/null 2>&1; then
  cargo nextest run --locked --no-fail-fast
  cargo test --locked --doc
else
  cargo test --locked --no-fail-fast
fi
[ "$mode" = quick ] && { echo; echo "quick run passed, $skips skipped"; exit 0; }

step "checking modules of the pages (Node)"
if command -v node >/dev/null 2>&1; then
  node --test tests/browser/
else
  skip "checking modules of the pages: node is not installed"
fi

step "pages in a real browser"
if command -v npm >/dev/null 2>&1 && need_debian chromium chromium; then
  (cd tests/browser && npm ci --silent --no-audit --no-fund)
  cargo build --locked
  node tests/browser/run.mjs
else
  skip "pages in a real browser: npm or chromium is not installed"
fi

step "the log as seen by clients that are not ours"
if command -v python3 >/dev/null 2>&1; then
  scripts/foreign.sh || exit 1
else
  skip "clients that are not ours: python3 is not installed"
fi

echo
echo "all passed, $skips skipped (each said above)"
