#!/usr/bin/env python3
"""Prints what Saccade is made of as a CycloneDX 1.5 list: every package of a lock, with its hashes.

``scripts/cyclonedx.py [requirements/run.lock] > saccade.cdx.json``
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "run.lock"

_PINNED = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VERSION = re.compile(r'^__version__ = "([^"]+)"', re.MULTILINE)


def components(lock: str) -> list[dict[str, Any]]:
    """One a package, in the lock's order; each file's hash is one it may be installed from."""
    found: list[dict[str, Any]] = []
    for line in lock.splitlines():
        if pinned := _PINNED.match(line):
            name, version = pinned[1].lower(), pinned[2]
            found.append(
                {
                    "type": "library",
                    "bom-ref": f"pkg:pypi/{name}@{version}",
                    "name": name,
                    "version": version,
                    "purl": f"pkg:pypi/{name}@{version}",
                    "hashes": [],
                }
            )
        for digest in _HASH.findall(line):
            found[-1]["hashes"].append({"alg": "SHA-256", "content": digest})
    return found


def document(lock: str, version: str) -> dict[str, Any]:
    """The list. It holds no time and no serial number: the same lock makes the same bytes."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "saccade", "version": version}},
        "components": components(lock),
    }


def own_version() -> str:
    """Saccade's, as its sources say."""
    text = (ROOT / "core" / "saccade" / "__init__.py").read_text("utf-8")
    found = _VERSION.search(text)
    if found is None:
        raise SystemExit("core/saccade/__init__.py names no version")
    return found[1]


if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else LOCK
    print(json.dumps(document(path.read_text("utf-8"), own_version()), indent=1))
