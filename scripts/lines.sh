#!/usr/bin/env bash
# Lines of Rust code by module, without tests, comments and blank lines; and what an auditor reads: the files and crates of a build
# without default features, in two parts.
#
#   scripts/lines.sh           all modules, the verifier's build, its crates
set -euo pipefail
cd "$(dirname "$0")/.."

# Prints the number of code lines in the files named on standard input. Tests inside a file start at its first `#[cfg(test)]`
# module and end with the file; test files are named tests.rs, testing.rs, *_tests.rs, or lie in a folder tests/ or testing/.
count() {
  { grep -vE '(^|/)(tests|testing)\.rs$|_tests\.rs$|/tests/|/testing/' || true; } | while read -r file; do
    awk '
      /^#\[cfg\(test\)\]$/ { held = 1; next }
      held && /^(pub\(crate\) )?mod [a-z_]+ \{$/ { exit }
      { held = 0 }
      /^[ \t]*$/ || /^[ \t]*\/\// { next }
      { print }' "$file"
  done | wc -l
}

echo "lines of code by module"
for module in src/*/ src/names.rs; do
  printf '  %-10s %6d\n' "$(basename "$module" .rs)" "$(find "$module" -name '*.rs' | sort | count)"
done
printf '  %-10s %6d\n' total "$(find src -name '*.rs' | sort | count)"

# the compiler's own list of the files that went into the library
cargo build --locked --quiet --no-default-features --lib --target-dir target/verifier
files=$(tr ' ' '\n' <target/verifier/debug/libjejak.d | sed "s#^$PWD/##" | grep '^src/.*\.rs$' | sort -u)
part() { printf '  %-66s %6d\n' "$1" "$(grep -E "$2" <<<"$files" | count)"; }
echo "what an auditor reads: cargo build --no-default-features"
part "log verifier: log, the envelope of record, proof" '^src/(log|proof)/|^src/(cbor|causes)\.rs|^src/record/(mod|envelope|id|key)\.rs'
part "rules: chain, quality, registry statements, epcis, gs1 keys, names" \
  '^src/(chain|quality|epcis|text)/|^src/names\.rs|^src/gs1/(mod|amount|check|keys|percent|unit)|^src/record/(registry|statement)'
part "for the proof of one lot: query" '^src/query/'
part "the command, which may be left unread: cli, Digital Links" '^src/cli/|^src/gs1/(ai|element|link)'
part "in all" '^src/'
crates() { cargo tree --locked "$@" -e normal --prefix none --format '{p}' | sed 's/ (.*//' | sort -u | wc -l; }
echo "crates, this one included: $(crates --no-default-features) in that build, $(crates) with default features"
