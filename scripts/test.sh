#!/usr/bin/env bash
# Runs every check of the repository: formatting, lints, documentation, tests, the pages in a real browser, and clients of other
# projects. Installs what it needs: Debian packages through apt when root, npm packages by lock file, Python packages into
# target/venv. A check that cannot run here is printed as "SKIPPED: ..." and counted. The time of each step is printed at the end.
#
#   scripts/test.sh            everything
#   scripts/test.sh quick      formatting, lints, documentation and the Rust tests only
#
# The long versions of the crash and damage tests run in scripts/soak.sh (docs/soak.md).
set -euo pipefail
cd "$(dirname "$0")/.."
mode="${1:-all}"
skips=0
skip() { echo "SKIPPED: $*"; skips=$((skips + 1)); }

clock="$(mktemp)"
step_name=
report=
mark() { # the wall clock, and the processor time of the child processes that have ended, in seconds
  wall="$EPOCHSECONDS"
  times >"$clock"
  cpu="$(awk 'NR == 2 { gsub("s", ""); split($1, u, "m"); split($2, s, "m"); printf "%d", 60 * (u[1] + s[1]) + u[2] + s[2] }' "$clock")"
}
end_step() {
  [ -n "$step_name" ] || return 0
  local began_wall="$step_wall" began_cpu="$step_cpu"
  mark
  report+="$(printf '%6d s %6d s  %s' $((wall - began_wall)) $((cpu - began_cpu)) "$step_name")"$'\n'
}
step() {
  end_step
  step_name="$*"
  mark
  step_wall="$wall" step_cpu="$cpu"
  printf '\n== %s\n' "$*"
}
finish() {
  code=$?
  [ "$code" = 0 ] || [ -z "$step_name" ] || step_name="$step_name (failed)"
  end_step
  printf '\n== time\n    wall      cpu  step\n%s' "$report"
  rm -f "$clock"
  [ "$code" != 0 ] || printf '\nall passed, %s skipped (each is printed above)\n' "$skips"
}
trap finish EXIT
trap 'exit 130' INT TERM

export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-never}"
# one flipped byte in 29, 5 kills; scripts/soak.sh flips every byte and kills 200 times
export JEJAK_TAMPER_STRIDE="${JEJAK_TAMPER_STRIDE:-29}" JEJAK_KILLS="${JEJAK_KILLS:-5}"
# a first build gains nothing from what only makes the next one quicker
[ -d "${CARGO_TARGET_DIR:-target}/debug/incremental" ] || export CARGO_INCREMENTAL=0

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

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet

if command -v cargo-deny >/dev/null 2>&1; then
  step "licences and sources (offline)"
  cargo deny --offline check bans licenses sources
else
  skip "licences and sources: cargo-deny is not installed"
fi

step "Rust tests, build"
command -v cargo-nextest >/dev/null 2>&1 || { echo "cargo-nextest is needed: https://nexte.st" >&2; exit 1; }
cargo nextest run --locked --no-run

step "Rust tests"
# twice the processors: many tests wait for the disk or for a process
cargo nextest run --locked --no-fail-fast --status-level fail --final-status-level slow --test-threads "$((2 * $(nproc)))"

# Ignored tests need something that is not everywhere. Those whose need is met run; they fail when they find it missing after all.
needs=
need() { needs+="${needs:+ or }$1"; }
if [ -n "${JEJAK_VECTORS:-}" ]; then
  need 'test(gs1_vectors)'
else
  skip "4 tests on vectors that may not be copied: JEJAK_VECTORS is not set (tests/testdata/README.md)"
fi
if need_debian openssl openssl; then need 'test(openssl)'; else skip "1 test with OpenSSL: openssl is not installed"; fi
if need_debian strace strace && strace -f -o /dev/null true 2>/dev/null; then
  need 'test(injected_system_call_fault)'
else
  skip "1 test of injected system call faults: strace is not installed or may not trace"
fi
if need_debian pebble pebble; then need 'test(by_acme)'; else skip "1 test of certificates by domain: pebble is not installed"; fi
if need_debian zbarimg zbar-tools && need_debian pdftoppm poppler-utils; then
  need 'test(/^labels::.*(zbar|pdf)/)'
else
  skip "2 tests of labels with other programs: zbar-tools or poppler-utils is not installed"
fi
small="$(mktemp -d)"
if mount -t tmpfs -o size=1m tmpfs "$small" 2>/dev/null; then
  umount "$small"
  need '(test(full_disk) - test(full_disk::process))'
else
  skip "4 tests on a full disk: a small file system can't be mounted (root)"
fi
rmdir "$small"
if [ -n "$needs" ]; then
  step "Rust tests with external needs"
  cargo nextest run --locked --no-fail-fast --run-ignored only -E "$needs"
fi

step "documentation examples"
cargo test --locked --doc --quiet
[ "$mode" = quick ] && exit 0

# the program that the tests were built with: a plain `cargo build` would compile the dependencies again with other features. A copy,
# because the verifier's build takes its place.
if [ -z "${JEJAK_BIN:-}" ]; then
  export JEJAK_BIN="$PWD/target/jejak-of-the-tests"
  cp target/debug/jejak "$JEJAK_BIN"
fi

step "verifier's build"
scripts/verifier.sh

step "modules of the pages (Node)"
# the vectors of the field app are written by the Rust tests above
if command -v npm >/dev/null 2>&1; then
  lock="$(sha256sum tests/browser/package-lock.json)"
  if [ "$(cat tests/browser/node_modules/.lock 2>/dev/null)" != "$lock" ]; then
    (cd tests/browser && npm ci --silent --no-audit --no-fund)
    echo "$lock" >tests/browser/node_modules/.lock
  fi
  tests/browser/node_modules/.bin/eslint web tests
  node --test --test-reporter=dot tests/browser/
else
  skip "modules of the pages: node or npm is not installed"
fi

step "pages in a real browser"
if command -v npm >/dev/null 2>&1 && need_debian chromium chromium; then
  node tests/browser/run.mjs
else
  skip "pages in a real browser: npm or chromium is not installed"
fi

step "clients of other projects"
if command -v python3 >/dev/null 2>&1; then
  scripts/foreign.sh
else
  skip "clients of other projects: python3 is not installed"
fi
