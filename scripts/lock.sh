#!/usr/bin/env bash
# Makes requirements/*.lock anew from pyproject.toml. Versions already locked stay where they still
# fit; `scripts/lock.sh --upgrade` takes the newest. See requirements/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

uv="$(command -v uv || true)"
if [ -z "$uv" ]; then
  scratch="$(mktemp -d)"
  trap 'rm -rf "$scratch"' EXIT
  python3 -m venv "$scratch"
  "$scratch/bin/pip" install --quiet uv
  uv="$scratch/bin/uv"
fi

lock() {
  "$uv" pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
    --no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet "$@"
}

lock --group build -o requirements/run.lock "$@"
lock --extra postgres --extra lab --group build --group dev --group bench -c requirements/run.lock -o requirements/dev.lock "$@"
python3 scripts/check.py locks
