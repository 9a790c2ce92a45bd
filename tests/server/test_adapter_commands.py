"""``saccade adapter list`` and ``infer``, as an integrator meets them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from saccade.tenants import ConfigurationError, read_tenant
from saccade_generic_rest.inferring import propose
from saccade_generic_rest.inferring_exchanges import of_samples
from saccade_server.cli import app
from saccade_server.settings import SettingError
from saccade_server.tenancy import adapter_factory, install

EVIDENCE = Path(__file__).parents[1] / "adapters" / "generic_rest" / "evidence"


def ran(folder: Path, *arguments: str, answers: str = "", code: int = 0) -> str:
    found = CliRunner(env={"COLUMNS": "200", "SACCADE_CONFIG": str(folder)}).invoke(
        app, ["adapter", *arguments], input=answers, catch_exceptions=False
    )
    assert found.exit_code == code, found.output
    return found.output


def test_the_list_names_versions_and_what_each_carries(tmp_path: Path) -> None:
    lines = ran(tmp_path, "list").splitlines()
    for name, moment in (("generic_rest", "checkout"), ("sap_occ", "listing")):
        (line,) = [line for line in lines if name in line]
        assert "saccade" in line
        assert "proxied_json, standalone_json" in line
        assert moment in line


def test_what_is_inferred_can_be_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("infer", "books", "--openapi", str(EVIDENCE / "books.json"), "--yes")
    told = ran(tmp_path, *arguments, "--url", "https://books.example", code=1)
    assert "1 doubt marked in it" in told
    folder = tmp_path / "books"
    assert "# doubtful (60%)" in (folder / "mapping.toml").read_text("utf-8")
    monkeypatch.setenv("SHOP_SECRET", "s3")
    tenant = read_tenant(folder)
    assert tenant.upstream.base == "https://books.example"
    served = install(tenant, folder, adapter_factory("generic_rest"), b"k" * 32)
    assert served.adapter.paths == ("/api/",)


def test_without_a_products_answer_nothing_is_certified(tmp_path: Path) -> None:
    told = ran(
        tmp_path, "infer", "garden", "--openapi", str(EVIDENCE / "garden.yaml"), "--yes", code=1
    )
    assert "not certified: no product's real answer is known" in told
    assert "wanted: record GET /store/v3/products with products in its answer" in told
    assert "wanted: record POST /store/v3/orders, and its answer" in told


@pytest.mark.full
def test_it_ends_in_a_certificate(tmp_path: Path) -> None:
    arguments = ("infer", "tea", "--sample", str(EVIDENCE / "tea.json"), "--url", "http://[::1]:9")
    told = ran(tmp_path, *arguments, "--yes")
    assert "product 4101: Green No. 1, 12.50, in stock, in ['7']" in told
    assert "order 90210: 16.50 EUR" in told
    assert "generic_rest: certified" in told
    assert read_tenant(tmp_path / "tea").upstream.allow_private
    assert "is a tenant already" in str(
        CliRunner(env={"SACCADE_CONFIG": str(tmp_path)})
        .invoke(app, ["adapter", *arguments])
        .exception
    )


@pytest.mark.full
def test_a_certificate_that_fails_is_the_commands_own_end(tmp_path: Path) -> None:
    """A wrong answer to a doubt: what stands there is no stock."""
    arguments = ("infer", "tea", "--sample", str(EVIDENCE / "tea.json"), "--url", "http://[::1]:9")
    told = ran(tmp_path, *arguments, answers="none\nstock_status\n\n", code=1)
    assert "in_stock_of_wrong_type" in told
    assert "generic_rest: not certified" in told


def test_only_doubts_are_asked_about_and_answers_are_taken(tmp_path: Path) -> None:
    """Of garden's document nothing is doubtful but what it leaves out: here, a product's name."""
    document = (EVIDENCE / "garden.yaml").read_text("utf-8").replace("title: {type", "zz: {type")
    path = tmp_path / "garden.yaml"
    path.write_text(document, "utf-8")
    told = ran(tmp_path, "infer", "garden", "--openapi", str(path), answers=")(\nzz\n", code=1)
    assert told.count("Return takes") == 2
    assert "where its name stands" in told
    assert "')(' is not valid" in told  # and asked for again
    text = (tmp_path / "garden" / "mapping.toml").read_text("utf-8")
    assert 'name = "zz"' in text
    assert "doubtful" not in text


@pytest.mark.parametrize(("digits", "told"), [("", "= 2\n"), ("0", ""), ("3", "= 3\n")])
def test_an_amount_somebody_names_is_asked_about_its_cents(
    tmp_path: Path, digits: str, told: str
) -> None:
    goods = {"sku": "AX-1", "label": "Teapot", "cost": {"minor": 2590, "cur": "EUR"}}
    more = {"sku": "AX-2", "label": "Cup", "cost": {"minor": 790, "cur": "EUR"}}
    placed = {"purchase": {"no": "P-77", "sum": {"minor": 2590, "cur": "EUR"}}}
    calls = tmp_path / "calls.json"
    calls.write_text(
        json.dumps(
            [
                {"call": "GET /store/goods", "body": {"rows": [goods, more]}},
                {"call": "POST /store/purchases", "status": 201, "body": placed},
            ]
        ),
        "utf-8",
    )
    doubts = [one.key for one in propose(of_samples([calls])).guesses if one.doubtful]
    answers = {"catalog.fields.price": f"cost.minor\n{digits}"}
    typed = "".join(f"{answers.get(key, '')}\n" for key in doubts)
    arguments = ("infer", "tea", "--sample", str(calls), "--url", "https://a.example")
    said = ran(tmp_path, *arguments, answers=typed, code=1)
    assert "catalog.price_decimals (2 where prices are told in cents)" in said
    text = (tmp_path / "tea" / "mapping.toml").read_text("utf-8")
    assert 'price = "cost.minor"' in text
    assert ("price_decimals " + told in text) if told else ("price_decimals" not in text)


def test_an_answer_that_wants_another_is_asked_for_it(tmp_path: Path) -> None:
    document = (EVIDENCE / "garden.yaml").read_text("utf-8").replace("securitySchemes:", "x-none:")
    path = tmp_path / "garden.yaml"
    path.write_text(document, "utf-8")
    ran(tmp_path, "infer", "garden", "--openapi", str(path), answers="header\nX-Key\n", code=1)
    text = (tmp_path / "garden" / "mapping.toml").read_text("utf-8")
    assert 'kind = "header"\nheader = "X-Key"' in text


@pytest.mark.parametrize(
    ("content", "problem", "fix"),
    [
        (b"", "is empty", "save the platform's answers"),
        (b" <!doctype html><title>Log in</title>", "is HTML or XML", "a page to log in"),
        (b'{"swagger": "2.0", "paths": {}}', "is 2.0, OpenAPI 3 is wanted", "convert it"),
        (b'{"paths": {', "is no JSON", "save the whole answer"),
        (b"\xff\xfe\x00", "is not UTF-8 text", "save it as UTF-8"),
        (b'{"paths": {}, "components": {"securitySchemes": [1]}}', "does not hold", "--sample"),
        (b'{"paths": {"/a": {}}}', "no GET answers with a list of products", "--sample"),
        (b"[" + b" " * 17_000_000 + b"]", "is too large (16 MB", "one page of products"),
        (b"a: " + b"b" * 2_100_000, "is too large (2 MB", "convert it to JSON"),
        (b'[{"call": "GET /a"}, NaN]', "cannot be read as JSON", "name a file of JSON"),
    ],
)
def test_a_file_that_is_something_else_is_told_with_the_way_out(
    content: bytes, problem: str, fix: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as raised:
        ran(
            tmp_path / "tenants", "infer", "x", "--openapi", str(path), "--url", "https://a.example"
        )
    assert problem in str(raised.value)
    assert fix in str(raised.value)
    assert not (tmp_path / "tenants").exists()


def test_an_openapi_document_among_the_samples_is_sent_where_it_belongs(tmp_path: Path) -> None:
    document = str(EVIDENCE / "books.json")
    with pytest.raises(ConfigurationError, match="name it with --openapi"):
        ran(tmp_path, "infer", "x", "--sample", document, "--url", "https://a.example")


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
