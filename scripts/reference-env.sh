#!/bin/sh
# Makes .venv with the reference versions of Prefect, prefect-aws and moto. It is idempotent, fast
# when nothing is to do, and safe to start twice at once. With --check it only tests: its exit code
# shows whether .venv is complete.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
requirements="$root/scripts/reference-env.txt"
venv="$root/.venv"
stamp="$venv/.reference-env"
lock="$root/.cache/reference-env.lock"

wanted=$(cksum < "$requirements")
is_done() { [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x "$venv/bin/prefect" ]; }

if is_done; then exit 0; fi
[ "${1:-}" = --check ] && exit 1

mkdir -p "$root/.cache"
until mkdir "$lock" 2>/dev/null; do
  holder=$(cat "$lock/pid" 2>/dev/null || echo '')
  if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
    rm -rf "$lock"
    continue
  fi
  sleep 1
done
echo $$ > "$lock/pid"
trap 'rm -rf "$lock"' EXIT INT TERM
if is_done; then exit 0; fi

python=''
for candidate in python3 python3.13 python3.12 python3.11 python3.10; do
  if command -v "$candidate" >/dev/null 2>&1 &&
    "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo 'Python 3.10 or newer with its venv module is needed (Debian: apt-get install python3 python3-venv).' >&2
  exit 1
fi

echo "Making $venv with $("$python" --version)"
rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
echo "$wanted" > "$stamp"
