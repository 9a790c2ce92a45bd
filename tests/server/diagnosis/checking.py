"""A shop whose configuration a test may spoil, and `saccade check` on it."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from saccade_server import cli
from server.diagnosis.platform import ORIGIN, Platform

TENANT = """\
name = "shop"
platform = "sap_occ"
platform_site = "{site}"
upstream = {{ url = "{url}", allow_private = {private} }}
site = {{ key = "{key}", open = true, origins = ["{origin}"] }}
decisioning = {{ key = "{merged}" }}
slots.reviews.moment = "product"
"""

CAMPAIGN = """\
[[campaign]]
id = "reviews-first"
moment = "{moment}"
slot = "{slot}"
template = "reassure"
parameters = {{ topic = "battery", cta = "Add to cart" }}
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What the program said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        """Lines that are not well."""
        return [line for line in self.out.splitlines() if not line.startswith("✓")]


@dataclass(slots=True)
class Shop:
    """One tenant's folder, its platform, and the program's environment."""

    folder: Path
    platform: Platform
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    url: str = ""
    """Absent, the platform's."""
    site: str = "electronics"
    private: bool = True
    merged: str = "saccade"
    adapter: dict[str, str] = field(default_factory=dict[str, str])
    campaign: str = ""
    settings: dict[str, str] = field(default_factory=dict[str, str])

    def write(self, name: str = "shop", key: str = "shop-key") -> None:
        """Its files as they stand."""
        own = self.folder / "tenants" / name
        own.mkdir(parents=True, exist_ok=True)
        text = TENANT.format(
            site=self.site,
            url=self.url or self.platform.url,
            private=str(self.private).lower(),
            key=key,
            origin=ORIGIN,
            merged=self.merged,
        ).replace('name = "shop"', f'name = "{name}"', 1)
        lines = [f'adapter.{key} = "{value}"' for key, value in self.adapter.items()]
        (own / "tenant.toml").write_text("\n".join([text, *lines, ""]), "utf-8")
        (own / "campaigns.toml").write_text(self.campaign, "utf-8")

    def check(self, *arguments: str) -> Told:
        """As its user would."""
        if not (self.folder / "tenants").exists():
            self.write()
        with self.monkeypatch.context() as patched:
            patched.chdir(self.folder)
            for name in [name for name in os.environ if name.startswith("SACCADE_")]:
                patched.delenv(name)
            for name, value in self.settings.items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", ["saccade", "check", *arguments])
            with pytest.raises(SystemExit) as ended:
                cli.main()
        told = self.capsys.readouterr()
        return Told(int(ended.value.code or 0), told.out, told.err)


def refused(told: Told, *words: str) -> None:
    """One line on stderr and exit code 2, as every command refuses a configuration."""
    assert told.code == 2
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert ". Fix: " in told.err
    for word in words:
        assert word in told.err, told.err


def complained(told: Told, code: int, *words: str) -> None:
    assert told.code == code, told.out + told.err
    assert len(told.complaints) == 1, told.complaints
    for word in (". Fix: ", *words):
        assert word in told.complaints[0], told.complaints
