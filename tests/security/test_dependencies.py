"""Dependencies: every version exact, every file by hash, and a list of them for whoever asks."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("run.lock", "dev.lock")


def script(name: str) -> ModuleType:
    """A file of ``scripts``, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text(name: str) -> str:
    return (ROOT / "requirements" / name).read_text("utf-8")


@pytest.mark.parametrize("name", LOCKS)
def test_a_version_or_a_file_that_is_not_pinned_is_found(name: str) -> None:
    """The lock as it is, and with the pin of its first package taken away."""
    problems, lock = script("check").lock_problems, text(name)
    assert problems(lock) == []
    first = re.search(r"^([A-Za-z0-9._-]+)==.*?(?=^\S)", lock, re.MULTILINE | re.DOTALL)
    assert first is not None
    unhashed = re.sub(r"\s*\\\n\s*--hash=\S+", "", first[0])
    assert problems(lock.replace(first[0], unhashed)) != []
    assert problems(lock.replace(f"{first[1]}==", f"{first[1]}>=", 1)) != []


def test_the_list_names_each_version_once_with_its_hashes() -> None:
    lock = text("run.lock")
    made = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, str(ROOT / "scripts" / "cyclonedx.py")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    document = json.loads(made)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    packages = {one["bom-ref"]: one for one in document["components"]}
    assert len(packages) == len(document["components"])  # a platform may need a version of its own
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", lock, re.MULTILINE)
    assert set(packages) == {f"pkg:pypi/{name.lower()}@{version}" for name, version in pinned}
    assert sum(len(one["hashes"]) for one in packages.values()) == lock.count("--hash=sha256:")
    assert all(one["hashes"] for one in packages.values())
    assert all(one["purl"] == one["bom-ref"] for one in packages.values())


def test_the_same_lock_makes_the_same_list() -> None:
    module = script("cyclonedx")
    lock = text("run.lock")
    assert module.document(lock, "1") == module.document(lock, "1")
    assert "timestamp" not in json.dumps(module.document(lock, "1"))
