"""``saccade adapter list`` and ``infer``, as an integrator meets them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from saccade.tenants import ConfigurationError, read_tenant
from saccade_server.cli import app
from saccade_server.settings import SettingError
from saccade_server.tenancy import adapter_factory, install

EVIDENCE = Path(__file__).parents[1] / "adapters" / "generic_rest" / "evidence"


def ran(folder: Path, *arguments: str, answers: str = "") -> str:
    found = CliRunner(env={"COLUMNS": "200", "SACCADE_CONFIG": str(folder)}).invoke(
        app, ["adapter", *arguments], input=answers, catch_exceptions=False
    )
    assert found.exit_code == 0, found.output
    return found.output


def test_the_list_names_versions_and_what_each_carries(tmp_path: Path) -> None:
    lines = ran(tmp_path, "list").splitlines()
    for name, moment in (("generic_rest", "checkout"), ("sap_occ", "listing")):
        (line,) = [line for line in lines if name in line]
        assert "saccade" in line
        assert "proxied_json, standalone_json" in line
        assert moment in line


def test_what_is_inferred_can_be_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = ran(tmp_path, "infer", "garden", "--openapi", str(EVIDENCE / "garden.yaml"), "--yes")
    assert "1 doubts marked in it" in told
    folder = tmp_path / "garden"
    assert "# doubtful (60%)" in (folder / "mapping.toml").read_text("utf-8")
    monkeypatch.setenv("SHOP_SECRET", "s3")
    tenant = read_tenant(folder)
    assert tenant.upstream.base == "https://api.garden.example"
    served = install(tenant, folder, adapter_factory("generic_rest"), b"k" * 32)
    assert served.adapter.paths == ("/store/v3/",)


def test_only_doubts_are_asked_about_and_answers_are_taken(tmp_path: Path) -> None:
    arguments = ("infer", "tea", "--sample", str(EVIDENCE / "tea.json"), "--url", "http://[::1]:9")
    told = ran(tmp_path, *arguments, answers="none\navailable\n")
    assert told.count("% sure") == 2
    text = (tmp_path / "tea" / "mapping.toml").read_text("utf-8")
    assert 'in_stock = "available"\n' in text
    assert "doubtful" not in text
    assert read_tenant(tmp_path / "tea").upstream.allow_private


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("infer", "x"), "--sample is wanted"),
        (("infer", "x", "--sample", "tea.json"), "is no URL"),
        (("infer", "../x", "--sample", "tea.json", "--url", "https://a.example"), "name"),
        (("infer", "x", "--sample", "tea.json", "--url", "http://a.example"), "upstream.url"),
        (("infer", "x", "--openapi", "tea.json"), "paths: is missing"),
        (("infer", "x", "--sample", "none.json", "--url", "https://a.example"), "cannot be read"),
        (
            ("infer", "x", "--sample", "books.json", "--url", "https://a.example"),
            "call: is missing",
        ),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_written(
    arguments: tuple[str, ...], error: str, tmp_path: Path
) -> None:
    given = [str(EVIDENCE / one) if one.endswith(".json") else one for one in arguments]
    with pytest.raises((SettingError, ConfigurationError), match=error):
        ran(tmp_path, *given)
    assert list(tmp_path.iterdir()) == []
    assert not (tmp_path.parent / "x").exists()
