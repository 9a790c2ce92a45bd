"""A healthy shop for each test to spoil."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.diagnosis.checking import Shop
from server.diagnosis.platform import Platform


@pytest.fixture
def platform() -> Iterator[Platform]:
    """Listening on plain HTTP."""
    stand = Platform()
    with stand.listening():
        yield stand


@pytest.fixture
def shop(
    tmp_path: Path,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    logging_restored: None,  # noqa: ARG001 - a fixture for its effect
) -> Shop:
    """Everything about it is well."""
    return Shop(tmp_path, platform, monkeypatch, capsys)
