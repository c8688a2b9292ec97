#!/usr/bin/env bash
# A hostile key and a hostile address against a real node, while an honest client works. Writes its result to docs/reliability.md.
#
#   scripts/attack.sh [SECONDS]        600 seconds for each of four attacks by default
set -euo pipefail
cd "$(dirname "$0")/.."
[ -z "$(git status --porcelain -- src benches Cargo.lock)" ] || { echo "commit first: the result names a commit" >&2; exit 1; }
seconds="${1:-600}"
ulimit -n "$(ulimit -Hn)"

table="$(cargo bench --locked --bench attack -- "$seconds" | tee /dev/stderr | grep '^|')"
{
  cat <<'END'
# Reliability under attack

`scripts/attack.sh` writes this page. `key`: a hostile enrolled key sends 1,000 records a second: costly ones of its own goods, and
documents over the goods of others. `address`: a hostile address holds 4,000 connections: headers without end, records whose last bytes
never come, answers that nobody takes, pages as fast as they come, uploads that do not arrive. `both`: the two together. `party`: the same as
`key`, with all event keys that a party can add in a day; beside it an accredited inspector, with all its keys, holds the goods of others,
lifts the holds and observes all of them at once, in records of 60 kB, a hundred a second. Meanwhile an honest client at another
address submits single records, ten a second, each over a connection of its own. All of them share the cores with the node.

What must hold: honest records within 1 s (p99), resident memory below 512 MiB, a restart within 10 s, every page and all parts of every
proof served, those of hostile lots too. An audit of what one key leaves (`key`, `both`) takes at most 3 times as long as one of as many honest
records. What a whole party leaves costs more for each entry: its entries are the most costly that the limits of a day allow, and there are as
many of them as of twenty keys.

A hostile key uses up the quota of its day within the first minutes: the shorter the attack, the larger is its part of the log, and the
larger the ratio of the audits. 600 seconds of each attack are the measure.

END
  printf 'Last result: %s, commit %s, %s cores.\n\n%s\n' "$(date -u +%F)" "$(git rev-parse --short HEAD)" "$(nproc)" "$table"
} >docs/reliability.md
