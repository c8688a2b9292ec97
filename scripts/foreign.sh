#!/usr/bin/env bash
# Checks a demo on a free port with clients of other projects: the log with those from PyPI, over HTTP and from its directory
# (tests/foreign/verify.py), the HTTP interface with those from npm (tests/foreign/api.mjs). Prints "foreign: N passed, N failed" and
# "interface: N passed, N failed"; exit code 1 when a check failed. A client that cannot be installed is printed as "SKIPPED: ...".
#
#   scripts/foreign.sh                    builds target/debug/jejak and takes that
#   JEJAK_BIN=path scripts/foreign.sh     takes another build
set -euo pipefail
cd "$(dirname "$0")/.."

none() { # none WHY: no client can run here, which is not a failure of the log
  echo "SKIPPED: $*"
  echo "foreign: 0 passed, 0 failed, 1 skipped"
  exit 0
}

# Two of the clients need Python 3.12: the first that works of the newer ones, else the Python there is.
python=python3
for candidate in python3.14 python3.13 python3.12 "$(pyenv root 2>/dev/null || true)"/versions/3.1[2-4].*/bin/python3; do
  if "$candidate" -c 'import ensurepip, ssl, venv' >/dev/null 2>&1; then python="$candidate"; break; fi
done

venv=target/venv
version() { "$1" -c 'import sys; print(sys.version)' 2>/dev/null || true; }
make_venv() { "$python" -m venv --clear "$venv" >/dev/null 2>&1; }
if [ "$(version "$venv/bin/python")" != "$(version "$python")" ] && ! make_venv; then
  # Debian has pip for new environments in a package of its own
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; } >/dev/null 2>&1 || true
  fi
  make_venv || none "clients of other projects: $python -m venv does not work"
fi

pip() {
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --retries 1 --no-deps --require-hashes "$@" 2>/dev/null
}
install() { # install FILE: all packages at once, else one by one, so that one failure does not prevent the others
  pip -r "$1" && return
  local name one
  one="$(mktemp)"
  for name in $(sed -n 's/^\([a-z0-9-]*\)==.*/\1/p' "$1"); do
    sed -n "/^$name==/,/[^\\]\$/p" "$1" >"$one"
    pip -r "$one" || { echo "SKIPPED: $name can't be installed"; complete=; }
  done
  rm -f "$one"
}
# what was installed completely from the same lock files is not installed again
lock="$(cat tests/foreign/requirements*.txt | sha256sum)"
if [ "$(cat "$venv/.lock" 2>/dev/null)" != "$lock" ]; then
  complete=yes
  install tests/foreign/requirements.txt
  if "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then
    install tests/foreign/requirements-3.12.txt
  else
    echo "SKIPPED: clients that need Python 3.12"
    complete=
  fi
  [ -z "$complete" ] || echo "$lock" >"$venv/.lock"
fi

if [ -z "${JEJAK_BIN:-}" ]; then
  cargo build --locked --quiet
  JEJAK_BIN=target/debug/jejak
fi

tmp="$(mktemp -d)"
demo=
finish() {
  if [ -n "$demo" ]; then kill "$demo" 2>/dev/null || true; wait "$demo" 2>/dev/null || true; fi
  rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM

port="$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
"$JEJAK_BIN" --json demo --dir "$tmp/demo" --listen "127.0.0.1:$port" >"$tmp/seeded" 2>"$tmp/log" &
demo=$!
# the demo prints its lots once every record is in
for _ in $(seq 1800); do
  [ -s "$tmp/seeded" ] && break
  kill -0 "$demo" 2>/dev/null || { cat "$tmp/log" >&2; echo "the demo ended before it was seeded" >&2; exit 1; }
  sleep 0.1
done
[ -s "$tmp/seeded" ] || { cat "$tmp/log" >&2; echo "the demo was not seeded in three minutes" >&2; exit 1; }

# nothing here leaves the machine
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
failed=0
"$venv/bin/python" -B tests/foreign/verify.py --node "http://127.0.0.1:$port" --dir "$tmp/demo" \
  --seeded "$tmp/seeded" --jejak "$JEJAK_BIN" || failed=1

packages() { # the npm packages by lock file; none of their own scripts runs
  command -v npm >/dev/null 2>&1 || return 1
  local lock
  lock="$(sha256sum tests/foreign/package-lock.json)"
  [ "$(cat tests/foreign/node_modules/.lock 2>/dev/null)" = "$lock" ] && return 0
  (cd tests/foreign && npm ci --ignore-scripts --silent --no-audit --no-fund) >/dev/null 2>&1 || return 1
  echo "$lock" >tests/foreign/node_modules/.lock
}
if packages; then
  node tests/foreign/api.mjs --node "http://127.0.0.1:$port" --seeded "$tmp/seeded" || failed=1
else
  echo "SKIPPED: redocly, spectral and jsonld.js can't be installed"
  echo "interface: 0 passed, 0 failed, 1 skipped"
fi
exit "$failed"
