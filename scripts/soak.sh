#!/usr/bin/env bash
# The long versions of the tests that scripts/test.sh runs short: many kills under load, every byte of a ledger flipped, and 200 random damages of its index. Writes
# its result to docs/soak.md when all pass.
#
#   scripts/soak.sh [KILLS]        200 kills of each kind by default
set -euo pipefail
cd "$(dirname "$0")/.."
export JEJAK_KILLS="${1:-200}" JEJAK_TAMPER_STRIDE=1 JEJAK_DAMAGES=200
[ -z "$(git status --porcelain -- src tests Cargo.lock)" ] || { echo "commit first: the result names a commit" >&2; exit 1; }

out="$(mktemp)"
trap 'rm -f "$out"' EXIT
began="$EPOCHSECONDS"
cargo nextest run --locked --no-fail-fast --no-capture -E 'test(/^crash_kill::/) or test(flipped_bit) or test(random_damage_of_the_index)' 2>&1 | tee "$out"

counts="$(grep -oE '^[ ]*([0-9]+ kills, [0-9]+ acknowledged records.*|[0-9]+ flips in [0-9]+ files of [0-9]+ bytes.*|one byte in [0-9]+ of a bundle.*|[0-9]+ random damages of an index.*)$' "$out" | sed 's/^ */- /')"
[ "$(printf '%s\n' "$counts" | wc -l)" = 5 ] || { echo "the counts of five tests were expected, found: $counts" >&2; exit 1; }
{
  cat <<'END'
# Soak tests

`scripts/test.sh` runs these tests with 5 kills, one flipped byte in 29 and 24 random damages of the index. `scripts/soak.sh` runs the long versions and writes this page.

END
  printf 'Last result: %s, commit %s, %s cores, %s minutes. All passed:\n\n%s\n' "$(date -u +%F)" "$(git rev-parse --short HEAD)" \
    "$(nproc)" "$(((EPOCHSECONDS - began) / 60))" "$counts"
} >docs/soak.md
