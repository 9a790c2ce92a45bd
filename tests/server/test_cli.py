"""The command line: a configuration that cannot be used is one line and exit code 2."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from saccade.tenants import read_tenants
from saccade_server import cli

IMPORTED = """
import sys
from saccade_server import cli
sys.argv = ["saccade", "--help"]
try:
    cli.main()
except SystemExit:
    print("imported:", *sys.modules)
"""


@dataclass(frozen=True)
class Ended:
    """How a run ended and what it said."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def saccade(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    logging_restored: None,  # noqa: ARG001 - a fixture for its effect
) -> Run:
    """Runs the program in a folder of its own, as its user would."""
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name in [name for name in os.environ if name.startswith("SACCADE_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, **settings: str) -> Ended:
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["saccade", *arguments])
            for name, value in settings.items():
                patched.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                cli.main()
        told = capsys.readouterr()
        return Ended(int(ended.value.code or 0), told.out, told.err)

    return run


def add(saccade: Run) -> None:
    added = saccade(
        *("tenant", "add", "shop", "--platform", "sap_occ"),
        *("--url", "https://shop.example", "--site", "electronics"),
    )
    assert added.code == 0, added.err


@pytest.mark.parametrize(
    ("arguments", "settings", "told"),
    [
        (("serve",), {"SACCADE_STAT_URL": "x"}, "SACCADE_STAT_URL: value 'x' belongs to no"),
        (("serve",), {"SACCADE_STATE_URL": "foo://x"}, "SACCADE_STATE_URL: value 'foo://x' is no"),
        (("serve", "--workers", "2"), {}, "SACCADE_STATE_URL: value 'memory://'"),
        (("serve", "--port", "70000"), {}, "--port: value '70000'"),
        (("serve", "--config", "nowhere"), {}, "SACCADE_CONFIG: value 'nowhere' holds no tenant"),
        (("serve", "--adapter", "magento"), {}, "--adapter: value 'magento' is not installed"),
        (("check",), {"SACCADE_DATABASE_URL": "x"}, "SACCADE_DATABASE_URL: value 'x' is no"),
        (
            ("demo", "--no-browser", "--port", "0"),
            {"SACCADE_DATABASE_URL": "sqlite:///?x"},
            "SACCADE_DATABASE_URL: value 'sqlite:///?x' is no plain file",
        ),
        (
            ("serve",),
            {"SACCADE_STATE_URL": "redis://h:1/notadb"},
            "SACCADE_STATE_URL: value 'redis://h:1/notadb' names no database by its number",
        ),
        (("demo", "shopware"), {}, "PLATFORM: value 'shopware' has no stand-in"),
        (("demo",), {"SACCADE_HOST": "192.0.2.1"}, "SACCADE_HOST: value '192.0.2.1' is no address"),
        (("serve",), {"SACCADE_DATA": "file"}, "SACCADE_DATA: value 'file' cannot be read"),
    ],
)
def test_what_cannot_be_used_is_one_line_with_its_fix(
    saccade: Run, arguments: tuple[str, ...], settings: dict[str, str], told: str
) -> None:
    ended = saccade(*arguments, **settings)
    assert ended.code == 2
    assert ended.err.startswith(told)
    assert ". Fix: " in ended.err
    assert ended.err.count("\n") == 1


def test_a_port_in_use_is_one_line_with_its_fix(saccade: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = saccade("demo", "--no-browser", "--port", port)
    assert ended.code == 2
    assert ended.err == (
        f"SACCADE_PORT: value {port} is in use by another program. "
        "Fix: choose another with --port, or end that program\n"
    )


def test_a_site_key_is_listed_whole_in_a_narrow_terminal(saccade: Run, tmp_path: Path) -> None:
    add(saccade)
    tenant = read_tenants(tmp_path / "tenants")["shop"]
    listed = saccade("tenant", "list", COLUMNS="80")
    assert tenant.site.key in listed.out
    assert "…" not in listed.out


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('\n[slots.cta]\nmoment = "product"\nselector = ".a)"\n', "slots.cta.selector: '.a)' is"),
        ('\n[signals]\nrevews = ".reviews"\n', "signals.revews: 'revews' is not valid"),
    ],
)
def test_a_selector_that_cannot_be_used_is_one_line_with_its_fix(
    saccade: Run, tmp_path: Path, written: str, told: str
) -> None:  # R8
    add(saccade)
    file = tmp_path / "tenants" / "shop" / "tenant.toml"
    file.write_text(file.read_text("utf-8") + written, "utf-8")
    ended = saccade("serve")
    assert ended.code == 2
    assert f"tenant.toml: {told}" in ended.err
    assert ". Fix: " in ended.err
    assert ended.err.count("\n") == 1


def test_a_tenant_is_added_listed_and_given_a_key(saccade: Run, tmp_path: Path) -> None:
    add(saccade)
    tenant = read_tenants(tmp_path / "tenants")["shop"]
    assert (tenant.platform, tenant.platform_site) == ("sap_occ", "electronics")
    assert len(tenant.site.key) >= 16
    listed = saccade("tenant", "list")
    assert tenant.site.key in listed.out
    first, second = (saccade("tenant", "key", "shop") for _ in range(2))
    assert first.out == second.out
    assert len(first.out.strip()) == 64


@pytest.mark.parametrize(
    ("name", "url", "told"),
    [
        ("../shop", "https://shop.example", "name: '../shop' is not valid"),
        ("shop", 'ftp://a"b', "upstream.url: "),
        ("taken", "https://shop.example", "NAME: value 'taken' is a tenant already"),
    ],
)
def test_a_tenant_that_cannot_be_used_is_not_written(
    saccade: Run, tmp_path: Path, name: str, url: str, told: str
) -> None:
    (tmp_path / "tenants" / "taken").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    refused = saccade(
        *("tenant", "add", name, "--platform", "sap_occ"),
        *("--url", url, "--site", "electronics"),
    )
    assert refused.code == 2
    assert told in refused.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("site", ["", "a b"])
def test_what_the_platform_needs_is_asked_for_before_anything_is_written(
    saccade: Run, tmp_path: Path, site: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    refused = saccade(
        *("tenant", "add", "shop", "--platform", "sap_occ"),
        *("--url", "https://shop.example", "--site", site),
    )
    assert refused.code == 2
    assert refused.err == (
        f"saccade tenant add: --site: {site!r} is no OCC base site id. "
        "Fix: name the base site, such as --site electronics\n"
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_check_refuses_a_bad_file_with_file_key_and_fix(saccade: Run, tmp_path: Path) -> None:
    add(saccade)
    tenant = tmp_path / "tenants" / "shop" / "tenant.toml"
    tenant.write_text(tenant.read_text().replace("holdout = 0.10", "holdout = 2"))
    checked = saccade("check")
    assert checked.code == 2
    assert checked.err.startswith("tenants/shop/tenant.toml: decisioning.holdout: 2 is not")
    assert checked.err.count("\n") == 1


def test_help_imports_little() -> None:
    told = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", IMPORTED],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for name in ("demo", "serve", "check", "tenant"):
        assert name in told
    imported = told.rsplit("imported:", 1)[1].split()
    assert not {"xgboost", "numpy", "pydantic", "aiohttp", "sqlalchemy"}.intersection(imported)
