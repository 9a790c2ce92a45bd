"""A mapping is data: paths and JMESPath; what is wrong with it is said with file, key and fix."""

import tomllib
from pathlib import Path

import pytest

from adapters.generic_rest.shops import MAPPING, mapping, settings, shop
from saccade.tenants import ConfigurationError
from saccade_generic_rest import factory
from saccade_generic_rest.paths import LONGEST, JsonPath, decoded
from saccade_generic_rest.reading import LARGEST, checked, read_mapping

EXAMPLES = Path(__file__).parents[3] / "adapters" / "generic_rest" / "examples"


def complaint(text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as raised:
        mapping(text)
    return raised.value


@pytest.mark.parametrize(
    ("line", "instead", "key", "fix"),
    [
        ('item_root = "data"', 'item_rot = "data"', "catalog.item_rot", "did you mean item_root?"),
        ('param = "after"', 'parm = "after"', "catalog.pages.parm", "did you mean param?"),
        ('id = "sku"', 'id = "sku", colour = "x"', "catalog.fields.colour", "known here: cat"),
        ('kind = "cursor"', 'kind = "curser"', "catalog.pages.kind", "did you mean 'cursor'?"),
        ('moment = "listing"', 'moment = "listings"', "pages.1.moment", "did you mean 'listing'?"),
        ('kind = "add_to_cart"', 'kind = "click"', "seen.1.kind", "one of order_placed, add_to"),
        ('id = "sku"', 'id = "sku["', "catalog.fields.id", "write a JMESPath, such as"),
        ('id = "sku"', 'id = "to_string(@)"', "catalog.fields.id", "no function but contains"),
        ('id = "sku"', 'id = "[@,@].[@,@]"', "catalog.fields.id", "only points at values"),
        ('id = "sku"', f'id = "{"a" * 201}"', "catalog.fields.id", "1 to 200 characters"),
        ('id = "sku"', f'id = "{"a." * 41}a"', "catalog.fields.id", "at most 40 parts"),
        ('id = "sku", ', "", "catalog.fields.id", "add it"),
        ("GET /api/items/{product}", "/api/items/{product}", "pages.0.call", "begin with a method"),
        ("GET /api/items/{product}", "POST /api/items", "pages.0.call", "begin with GET"),
        ("POST /api/orders", "GET /api/orders", "seen.0.call", "watches no GET"),
        ("POST /api/orders", "POST /api/{order}", "seen.0.call", "name nothing but {product}"),
        ("POST /api/orders", "POST /api/(a+)+{*}", "seen.0.call", "a whole segment"),
        ("POST /api/orders", "POST /shop/orders", "file", "add the beginning of /shop/orders"),
        ('item = "/api/items/{id}"', 'item = "/api/items/"', "catalog.item", "{id}, once"),
        ('item = "/api/items/{id}"', 'item = "/api/../{id}"', "catalog.item", "without . and .."),
        ('list = "/api/items"', 'list = "https://a.b/"', "catalog.list", "a path from the root"),
        ('paths = ["/api/"]', 'paths = ["/api"]', "paths", "a slash at both ends"),
        ('paths = ["/api/"]', "paths = []", "paths", "at least 1 item"),
        ('paths = ["/api/"]', 'paths = "/api/"', "paths", 'in brackets: ["…"]'),
        ('item_root = "data"', "item_root = 5", "catalog.item_root", "as text, in quotes"),
        ('item_root = "data"', "query = { n = 5 }", "catalog.query.n", "as text, in quotes"),
        ('item_root = "data"', "price_decimals = 9", "catalog.price_decimals", 'or "iso4217"'),
        ('items = "data.items"', 'items = ""', "catalog.items", "write a JMESPath of 1"),
        ('"price.currency"', '"EUR"', "catalog.fields.currency", "write \"'EUR'\" where every"),
        ('param = "after"', 'param = "a b"', "catalog.pages.param", "a parameter's name, such as"),
        ('kind = "cursor", ', "", "catalog.pages.kind", "write one of cursor, link, next"),
    ],
)
def test_what_is_wrong_is_said_with_key_and_fix(
    line: str, instead: str, key: str, fix: str
) -> None:
    assert line in MAPPING
    error = complaint(MAPPING.replace(line, instead))
    assert error.file == "mapping.toml"
    assert error.key == key
    assert fix in error.fix


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", 1),
        ("a.*", [1]),
        ("list[0].n", 1),
        ("list[].n", [1, 2]),
        ("list[?n==`2`].n | [0]", 2),
        ("missing || a.b", 1),
        ("a.b > `0`", True),
        ("contains(text, 'x')", True),
        ("length(list)", 2),
        ("not_null(none, a.b)", 1),
        ("a.b.c.d", None),
        ("length(a.b)", None),
        ("'EUR'", "EUR"),
    ],
)
def test_what_a_path_finds(path: str, found: object) -> None:
    document = {"a": {"b": 1}, "list": [{"n": 1}, {"n": 2}], "text": "xyz", "none": None}
    assert JsonPath(path).of(document) == found


def test_a_path_is_total_and_bounded() -> None:  # security: JSON, zip, regex bombs
    """Whatever the document is, a search ends soon and raises nothing."""
    deep = decoded(b"[" * 500 + b"]" * 500)
    wide = decoded(b'{"a":[' + b",".join([b'{"b":[1,2,3]}'] * 50_000) + b"]}")
    for path in ("a[].b[] | [0]", "a[*].b[*]", "*.*.*", "[][][][]", "a == a"):
        JsonPath(path).of(deep)
        JsonPath(path).of(wide)
    for body in (b"[" * 100_000, b'{"a":NaN}', b"", b"\xff", b'{"a":1e}'):
        with pytest.raises(ValueError, match=r"."):
            decoded(body)
    with pytest.raises(ValueError, match="characters"):
        JsonPath("(" * (LONGEST + 1))
    with pytest.raises(ValueError, match="JMESPath"):
        JsonPath("(" * LONGEST)


def test_money_keeps_its_digits() -> None:
    assert str(JsonPath("a").of(decoded(b'{"a":1249.10}'))) == "1249.10"


def test_the_example_of_a_real_shop_is_short_and_right() -> None:  # R40
    path = EXAMPLES / "oscar.toml"
    assert len(path.read_text("utf-8").splitlines()) <= 40
    read_mapping(path)


def test_a_mapping_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(ConfigurationError, match="too large"):
        read_mapping(path)


@pytest.mark.parametrize(
    ("adapter", "fix"),
    [
        ({}, r"write \./mapping\.toml"),
        ({"mapping": "mapping.toml"}, r"write \./mapping\.toml"),
        ({"maping": "./mapping.toml"}, "correct its spelling"),
    ],
)
def test_where_the_mapping_is(
    adapter: dict[str, str | int | bool], fix: str, tmp_path: Path
) -> None:
    tenant = shop(tmp_path).model_copy(update={"adapter": adapter})
    with pytest.raises(ConfigurationError, match=fix) as raised:
        factory.build(tenant)
    assert raised.value.file == "lab/tenant.toml"


BEARER = 'auth = { kind = "bearer", secret_env = "SHOP_TOKEN" }\n'
OAUTH = (
    'auth = { kind = "oauth", token_url = "http://shop.example/token", client_id = "c", '
    'secret_env = "SHOP_TOKEN" }\n'
)
UNSIGNED = (
    '\n[events]\nsignature = { kind = "none" }\ntopic = "t"\n'
    '[events.topics."order"]\nkind = "order_placed"\nreference = "id"\n'
)


def test_secrets_are_named_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # R37
    monkeypatch.delenv("SHOP_TOKEN", raising=False)
    with pytest.raises(ConfigurationError, match="is not set") as raised:
        settings(tmp_path, BEARER + MAPPING)
    assert raised.value.key == "auth.secret_env"
    assert "SHOP_TOKEN" not in str(raised.value)  # it may be the secret itself
    monkeypatch.setenv("SHOP_TOKEN", "s3cret-of-the-shop")
    found = settings(tmp_path, BEARER + MAPPING)
    assert found.secret.get_secret_value() == "s3cret-of-the-shop"
    assert "s3cret" not in repr(found)
    monkeypatch.setenv("SHOP_TOKEN", "two\nlines")
    with pytest.raises(ConfigurationError, match="more than one line"):
        settings(tmp_path, BEARER + MAPPING)
    with pytest.raises(ConfigurationError, match="taken for a setting"):
        settings(tmp_path, BEARER.replace("SHOP_TOKEN", "SACCADE_TOKEN") + MAPPING)


def test_no_secret_in_clear_and_no_unsigned_events_over_the_internet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s")
    public = "https://shop.example"
    with pytest.raises(ConfigurationError, match="in clear") as raised:
        settings(tmp_path, OAUTH + MAPPING, public, private=False)
    assert raised.value.key == "auth.token_url"
    with pytest.raises(ConfigurationError, match="anybody on the internet"):
        settings(tmp_path, MAPPING + UNSIGNED, public, private=False)
    for text in (OAUTH + MAPPING, MAPPING + UNSIGNED):
        settings(tmp_path, text, private=True)


def test_a_mapping_holds_no_address_that_is_not_checked(tmp_path: Path) -> None:
    for url in ("http://other.example", "https://u:p@other.example", "https://other.example/?a=b"):
        with pytest.raises(ConfigurationError, match="base_url"):
            settings(
                tmp_path, f'base_url = "{url}"\n' + MAPPING, "https://a.example", private=False
            )


def test_a_kind_that_is_a_tables_key_too_is_told_apart() -> None:
    raw = tomllib.loads(MAPPING)
    raw["catalog"]["pages"] = {"kind": "cursor", "cursor": 1, "next": "n"}
    with pytest.raises(ConfigurationError) as raised:
        checked("m", raw)
    assert raised.value.key == "catalog.pages.cursor"


def test_a_list_of_tables_is_told_from_a_table() -> None:
    text = MAPPING.replace('[[seen]]\ncall = "POST /api/orders"', "[seen]", 1)
    error = complaint(text.partition("[[seen]]")[0])
    assert (error.key, error.fix) == (
        "seen",
        "write [[seen]] above it, in two brackets: there may be several",
    )


HIDDEN = "sk-live-of-the-shop"


@pytest.mark.parametrize(
    "auth",
    [
        f'{{ kind = "bearer", secret_env = "{HIDDEN}" }}',
        f'{{ kind = "bearer", secret = "{HIDDEN}" }}',
        f'{{ kin = "bearer", secret = "{HIDDEN}" }}',
        f'{{ kind = "token", secret_env = "{HIDDEN}" }}',
        f'{{ kind = "header", header = "X-Key: {HIDDEN}", secret_env = "SHOP" }}',
        f'{{ kind = "header", header = "X", prefix = "{HIDDEN * 3}", secret_env = "SHOP" }}',
        f'"{HIDDEN}"',
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(auth: str) -> None:  # R37
    for text in (
        f"auth = {auth}\n{MAPPING}",
        f'{MAPPING}\n[events]\ntopic = "t"\nsignature = {auth}\ntopics.a.kind = "refund"\n',
    ):
        error = complaint(text)
        assert error.key.startswith(("auth", "events.signature"))
        assert HIDDEN not in str(error)


def test_an_order_told_by_two_ways_has_an_id_in_both() -> None:
    told = UNSIGNED.replace('reference = "id"\n', "")
    assert mapping(MAPPING + UNSIGNED).events is not None
    assert mapping(MAPPING.partition("[[seen]]")[0] + told).events is not None
    for text in (MAPPING + told, MAPPING.replace('reference = "data.number"\n', "") + UNSIGNED):
        assert "add reference to every order_placed" in complaint(text).fix


def test_a_secret_that_is_no_secret_of_standard_webhooks_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = MAPPING + UNSIGNED.replace('"none" }', '"standard", secret_env = "SHOP_TOKEN" }')
    for secret in ("whsec_no base64!", "a secret", "whsec_abc"):
        monkeypatch.setenv("SHOP_TOKEN", secret)
        with pytest.raises(ConfigurationError, match="no secret of Standard Webhooks") as raised:
            settings(tmp_path, text)
        assert secret not in str(raised.value)
    monkeypatch.setenv("SHOP_TOKEN", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    settings(tmp_path, text)
