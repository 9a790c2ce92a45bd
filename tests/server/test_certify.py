"""``saccade certify``: what it says, as text and JSON, and its exit code."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from saccade.testing import PORT_CHECKS, Samples, Subject
from saccade.testing.certificate import Certificate
from saccade.testing.checks import Outcome
from saccade_gateway.testing import CHECKS
from saccade_sap_occ import factory
from saccade_server.commands import certify as command

TENANT = """\
name = "shop"
platform = "{platform}"
platform_site = "apparel"
upstream = {{ url = "https://platform.example" }}
"""


def certify(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The command as it is typed."""
    return subprocess.run(  # noqa: S603 - our own program, fixed arguments
        [sys.executable, "-m", "saccade_server.cli", "certify", *arguments],
        capture_output=True,
        timeout=100,
        check=False,
    )


@pytest.mark.full
def test_a_tenants_settings_are_certified_as_json(tmp_path: Path) -> None:
    (tmp_path / "tenant.toml").write_text(TENANT.format(platform="sap_occ"), "utf-8")
    done = certify("sap_occ", "--tenant", str(tmp_path), "--json")
    assert done.returncode == 0, done.stdout.decode()
    found = msgspec.json.decode(done.stdout, type=Certificate)
    assert found.passed
    assert [one.id for one in found.results[1:]] == [one.id for one in CHECKS]
    assert all(one.reason for one in found.results if one.outcome is Outcome.EXEMPT)
    assert done.stderr == b""


@pytest.mark.full
def test_a_certificate_is_read_by_people_too() -> None:
    done = certify("sap_occ")
    text = done.stdout.decode()
    assert done.returncode == 0, text
    for one in CHECKS:
        assert one.id in text
        assert f"({one.rule})" in text
    assert "sap_occ: certified" in text.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobodys",), b"'nobodys' is not installed"),
        (("sap_occ", "--tenant", "{folder}"), b"platform: is 'page'"),
    ],
)
def test_what_cannot_be_certified_is_one_line(
    tmp_path: Path, arguments: tuple[str, ...], says: bytes
) -> None:
    (tmp_path / "tenant.toml").write_text(TENANT.format(platform="page"), "utf-8")
    done = certify(*(one.format(folder=tmp_path) for one in arguments))
    assert done.returncode == 2
    assert says in done.stderr
    assert b"Fix: " in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_what_is_not_certified_says_the_fix_and_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def shows_nothing(*_: object) -> Subject:
        return Subject(factory, lambda _: Samples(tenant={"platform_site": "electronics"}))

    monkeypatch.setattr(command, "subject", shows_nothing)
    monkeypatch.setattr(command, "CHECKS", PORT_CHECKS)
    assert command.run("sap_occ", None, as_json=False) == 1
    text = capsys.readouterr().out
    assert "fix:      add it to samples, or exempt call.decided there with the reason" in text
    assert "sap_occ: not certified" in text
    assert command.run("sap_occ", None, as_json=True) == 1


def test_an_adapter_that_ends_the_program_is_not_certified(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends(*_: object) -> Subject:
        sys.exit(0)

    monkeypatch.setattr(command, "subject", ends)
    assert command.run("sap_occ", None, as_json=False) == 1
    assert "not certified: it ends the program" in capsys.readouterr().err


def test_what_an_adapter_prints_is_not_in_the_json(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    def chatty(_: object) -> Samples:
        print("connecting ...")  # noqa: T201 - as an integrator left it there
        return Samples(tenant={"platform_site": "electronics"})

    def subject(*_: object) -> Subject:
        return Subject(factory, chatty)

    monkeypatch.setattr(command, "subject", subject)
    monkeypatch.setattr(command, "CHECKS", PORT_CHECKS[:1])
    assert command.run("sap_occ", None, as_json=True) == 0
    assert msgspec.json.decode(capsysbinary.readouterr().out, type=Certificate).passed
