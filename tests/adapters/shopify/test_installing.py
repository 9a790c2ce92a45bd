"""Installs by both ways, and what they leave: Shopify 9, 14, 15, 16, 23."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from adapters.shopify import making_shopify as making
from adapters.shopify.hosted import APP, Hosted, hosted, said
from saccade.catalog import CatalogError
from saccade.deliveries import Departure
from saccade.tenants import ConfigurationError, read_tenants
from saccade_shopify import ShopifyFactory, signatures
from saccade_shopify.app import SCOPES
from saccade_shopify.oauth import COOKIE, TOLERANCE_S

BOLT = "bolt.myshopify.com"


@pytest.fixture
async def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hosted]:
    made = hosted(tmp_path, monkeypatch)
    yield made
    await made.close()


def bearer(shop: str = making.SHOP, secret: str = making.SECRET) -> dict[str, str]:
    changed = {"dest": f"https://{shop}", "iss": f"https://{shop}/admin"}
    return {"authorization": f"Bearer {making.token(time.time(), secret, changed)}"}


@pytest.fixture(autouse=True)
def any_subject(monkeypatch: pytest.MonkeyPatch, app: Hosted) -> None:
    """The played token endpoint knows session tokens as "good": those sent are real ones."""
    answer = app.granting.answer

    def taken(request: httpx.Request) -> httpx.Response:
        told = json.loads(request.content)
        if "subject_token" in told:
            assert told["subject_token"].count(".") == 2
            told["subject_token"] = "good"  # noqa: S105 - the word the played endpoint knows
            request = httpx.Request(request.method, request.url, json=told)
        return answer(request)

    monkeypatch.setattr(app.granting, "answer", taken)


async def test_shopify_16_a_managed_install(app: Hosted) -> None:
    answered = await app.call("/shopify/install", method="POST", headers=bearer())
    assert (answered.status, said(answered)) == (200, {"told": "This shop is connected."})
    (tenant,) = read_tenants(app.desk.folder).values()
    assert (tenant.name, tenant.platform, tenant.platform_site) == ("acme", "shopify", making.SHOP)
    assert tenant.upstream.base == f"https://{making.SHOP}"
    assert tenant.site.currency == "EUR"
    assert tenant.site.key
    assert app.desk.reads == 1
    adapter = app.factory.build(tenant)
    assert adapter.events.verify(making.classic("products/update", {"id": 1}))


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer x"}, bearer(secret="x" * 40)])
async def test_without_a_session_token_nothing_is_installed(
    app: Hosted, headers: dict[str, str]
) -> None:
    answered = await app.call("/shopify/install", method="POST", headers=headers)
    assert answered.status == 401
    assert app.granting.asked == []
    assert read_tenants(app.desk.folder) == {}


@pytest.mark.parametrize("issuer", [None, making.SHOP, f"https://{making.SHOP}"])
async def test_a_checkouts_session_token_installs_nothing(app: Hosted, issuer: str | None) -> None:
    """It is signed by the same secret, for the same app and shop, and any shopper has one."""
    changed = {"iss": issuer, "dest": making.SHOP, "sub": "gid://shopify/Customer/7"}
    sent = {"authorization": f"Bearer {making.token(time.time(), changed=changed)}"}
    answered = await app.call("/shopify/install", method="POST", headers=sent)
    assert answered.status == 401
    assert app.granting.asked == []


async def test_a_second_visit_renews_the_tokens_and_keeps_the_merchants_file(app: Hosted) -> None:
    await app.call("/shopify/install", method="POST", headers=bearer())
    file = app.desk.folder / "acme" / "tenant.toml"
    edited = file.read_text("utf-8").replace('phase = "shadow"', 'phase = "live"')
    file.write_text(edited, "utf-8")
    answered = await app.call("/shopify/install", method="POST", headers=bearer())
    assert answered.status == 200
    assert file.read_text("utf-8") == edited
    assert len(app.granting.asked) == 2
    assert (app.desk.reads, app.asked_shops) == (1, 1), "nobody else's files are read for it"


async def test_a_shop_that_came_back_is_followed_again(app: Hosted) -> None:
    """Its folder is still there, for its redaction comes after two days."""
    await app.call("/shopify/install", method="POST", headers=bearer())
    await app.factory.departed("acme", purge=False)
    before = app.desk.reads
    await app.call("/shopify/install", method="POST", headers=bearer())
    assert app.desk.reads == before + 1


@pytest.mark.parametrize(
    ("url", "origins"),
    [
        ("https://www.acme.example", (f"https://{making.SHOP}", "https://www.acme.example")),
        ("https://www.ACME.example/", (f"https://{making.SHOP}", "https://www.acme.example")),
        (f"https://{making.SHOP}", (f"https://{making.SHOP}",)),
        ('https://acme.example"]', (f"https://{making.SHOP}",)),
        ("http://acme.example", (f"https://{making.SHOP}",)),
        (None, (f"https://{making.SHOP}",)),
    ],
)
async def test_pages_under_the_shops_own_domain_are_its_pages(
    app: Hosted, url: str | None, origins: tuple[str, ...]
) -> None:
    app.shop_url = url
    await app.call("/shopify/install", method="POST", headers=bearer())
    assert read_tenants(app.desk.folder)["acme"].site.origins == origins


async def test_shopify_23_each_shop_is_a_tenant_of_its_own(app: Hosted) -> None:
    for shop in (making.SHOP, BOLT):
        await app.call("/shopify/install", method="POST", headers=bearer(shop))
    acme, bolt = (read_tenants(app.desk.folder)[name] for name in ("acme", "bolt"))
    assert acme.site.key != bolt.site.key
    assert bolt.site.origins == (f"https://{BOLT}",)


async def test_a_shop_called_as_another_platforms_tenant_takes_nothing_over(app: Hosted) -> None:
    other = app.desk.folder / "acme"
    other.mkdir()
    (other / "tenant.toml").write_text('name = "acme"\nplatform = "sap_occ"\n', "utf-8")
    for _ in range(2):  # tokens are kept already the second time
        answered = await app.call("/shopify/install", method="POST", headers=bearer())
        assert answered.status == 502
        assert "is not shopify" in said(answered)["told"]
    assert (other / "tenant.toml").read_text("utf-8") == 'name = "acme"\nplatform = "sap_occ"\n'


async def test_the_developers_own_template(app: Hosted) -> None:
    template = 'name=$name\nplatform="shopify"\nplatform_site=$shop\n[upstream]\nurl=$url\n'
    own = (
        f"{template}[site]\nkey=$key\n$currency\n[adapter]\n$adapter\n[decisioning]\nholdout=0.2\n"
    )
    (app.desk.folder / "shopify.tenant.toml").write_text(own, "utf-8")
    (app.desk.folder / "shopify.campaigns.toml").write_text("# ours\n", "utf-8")
    await app.call("/shopify/install", method="POST", headers=bearer())
    assert read_tenants(app.desk.folder)["acme"].decisioning.holdout == 0.2
    assert (app.desk.folder / "acme" / "campaigns.toml").read_text("utf-8") == "# ours\n"


# --- the authorization-code grant -------------------------------------------------------------


async def departed(app: Hosted, shop: str = making.SHOP) -> tuple[dict[str, str], str]:
    answered = await app.call("/shopify/auth", urlencode({"shop": shop}))
    assert answered.status == 302
    parts = urlsplit(answered.headers["Location"])
    assert (parts.scheme, parts.netloc, parts.path) == ("https", shop, "/admin/oauth/authorize")
    cookie = answered.headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    return {name: one for name, (one,) in parse_qs(parts.query).items()}, cookie.split(";")[0]


def came_back(state: str, secret: str = making.SECRET, **changed: str) -> str:
    pairs = {
        "code": "the-code",
        "host": "YWNtZQ",
        "shop": making.SHOP,
        "state": state,
        "timestamp": str(int(time.time())),
        **changed,
    }
    return urlencode({**pairs, "hmac": signatures.oauth(SecretStr(secret), pairs)})


async def test_shopify_16_the_authorization_code_grant(app: Hosted) -> None:
    query, cookie = await departed(app)
    assert query["client_id"] == making.CLIENT_ID
    assert query["redirect_uri"] == "https://app.example/shopify/callback"
    assert query["scope"].split(",") == list(SCOPES)
    app.restarted()  # whichever process it comes back to
    answered = await app.call(
        "/shopify/callback", came_back(query["state"]), headers={"cookie": f"a=b; {cookie}; c=d"}
    )
    assert answered.status == 302, "App review: who agreed sees the app next"
    assert answered.headers["Location"] == f"https://{making.SHOP}/admin/apps/{making.CLIENT_ID}"
    assert answered.headers["Set-Cookie"].startswith("saccade_shopify_state=; Max-Age=0; ")
    assert app.granting.asked[0]["code"] == "the-code"
    assert list(read_tenants(app.desk.folder)) == ["acme"]


async def test_the_state_is_not_signed_by_the_client_secret(app: Hosted) -> None:
    """Nor does it go to another shop, or live for long."""
    query, cookie = await departed(app)
    ends, nonce, mac = query["state"].split(".")
    for secret in (making.SECRET, making.FORMER):
        message = f"shopify oauth state\nacme\n{ends}\n{nonce}".encode()
        assert signatures.webhook(SecretStr(secret), message) not in mac
        assert hmac.new(secret.encode(), message, hashlib.sha256).hexdigest() != mac
    assert 0 < int(ends) - time.time() <= 600
    assert nonce in cookie


@pytest.mark.parametrize(
    "wrong",
    ["hmac", "cookie", "no cookie", "state", "forged", "over", "shop", "time", "twice", "before"],
)
async def test_who_was_not_sent_by_us_or_not_signed_by_shopify_is_refused(
    app: Hosted, wrong: str
) -> None:
    query, cookie = await departed(app)
    other, _ = await departed(app, BOLT)
    nonce = query["state"].split(".")[1]
    past = int(time.time()) - 1
    over = hmac.new(
        app.desk.secret("acme"), f"shopify oauth state\nacme\n{past}\n{nonce}".encode(), "sha256"
    ).hexdigest()
    late = str(int(time.time() - TOLERANCE_S - 2))
    sent = {
        "hmac": came_back(query["state"], "another-client-secret"),
        "state": came_back(other["state"]),
        "forged": came_back(f"{past + 500}.{nonce}.{'0' * 64}"),
        "over": came_back(f"{past}.{nonce}.{over}"),
        "shop": came_back(query["state"], shop="acme.myshopify.com.evil.example"),
        "time": came_back(query["state"], timestamp=late),
        "twice": f"{came_back(query['state'])}&shop={BOLT}",
        "before": f"shop={BOLT}&{came_back(query['state'])}",
    }.get(wrong, came_back(query["state"]))
    kept = {"cookie": "saccade_shopify_state=" + "0" * 32, "no cookie": ""}.get(wrong, cookie)
    answered = await app.call("/shopify/callback", sent, headers={"cookie": kept})
    assert answered.status == 401
    assert app.granting.asked == []


@pytest.mark.parametrize("query", ["", "shop=", "shop=evil.example", "shop=a.myshopify.com&shop=b"])
async def test_shopify_9_nobody_is_sent_to_what_is_no_shop(app: Hosted, query: str) -> None:
    answered = await app.call("/shopify/auth", query)
    assert (answered.status, "Location" in answered.headers) == (400, False)


async def test_the_page_in_the_admin_is_framed_there_alone(app: Hosted) -> None:
    page = await app.call("/shopify", f"shop={making.SHOP}")
    policy = page.headers["Content-Security-Policy"]
    assert policy == f"frame-ancestors https://{making.SHOP} https://admin.shopify.com"
    assert making.CLIENT_ID.encode() in page.body
    assert making.SECRET.encode() not in page.body
    stranger = await app.call("/shopify", "shop=evil.example;script")
    assert stranger.headers["Content-Security-Policy"] == "frame-ancestors 'none'"


# --- uninstall --------------------------------------------------------------------------------


def held(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_shopify_14_15_after_uninstall_and_redaction_nothing_is_left(
    app: Hosted, tmp_path: Path
) -> None:
    """Of the shop in the database, its WAL and the folder of tenants."""
    await app.call("/shopify/install", method="POST", headers=bearer())
    await app.call("/shopify/install", method="POST", headers=bearer(BOLT))
    assert b"access-1" not in held(tmp_path), "tokens are encrypted"
    await app.factory.departed("acme", purge=False)
    assert making.SHOP.encode() not in held_records(tmp_path)
    assert "acme" in read_tenants(app.desk.folder), "its redaction must still be verified"
    await app.factory.departed("acme", purge=True)
    assert b"acme" not in held(tmp_path)
    assert list(read_tenants(app.desk.folder)) == ["bolt"]
    assert BOLT.encode() in held_records(tmp_path)


def held_records(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("records.db*"))


async def test_shopify_15_a_late_uninstall_does_not_end_the_reinstall(app: Hosted) -> None:
    await app.call("/shopify/install", method="POST", headers=bearer())
    tenant = read_tenants(app.desk.folder)["acme"]
    events = app.factory.build(tenant).events
    past = making.classic("app/uninstalled", {"id": 1})  # long ago
    assert events.translate(past) == ()
    coming = {"x-shopify-triggered-at": "2099-01-01T00:00:00Z"}
    (fact,) = events.translate(making.classic("app/uninstalled", {"id": 1}, headers=coming))
    assert not getattr(fact, "purge", True)


async def test_shopify_14_15_a_redact_of_the_time_before_spares_the_reinstall(app: Hosted) -> None:
    """Shopify sends none to a shop that has the app again: one that comes is an old one."""
    await app.call("/shopify/install", method="POST", headers=bearer())
    events = app.factory.build(read_tenants(app.desk.folder)["acme"]).events
    told = {"shop_id": 1, "shop_domain": making.SHOP}
    past = making.classic("shop/redact", told)  # long ago
    assert events.translate(past) == (Departure(purge=True, returned=True),)
    coming = {"x-shopify-triggered-at": "2099-01-01T00:00:00Z"}
    future = making.classic("shop/redact", told, headers=coming)
    assert events.translate(future) == (Departure(purge=True),)
    await app.factory.departed("acme", purge=False)
    assert events.translate(past) == (Departure(purge=True),)


async def test_shopify_15_who_is_installed_is_served(app: Hosted) -> None:
    assert not app.factory.is_installed("acme")
    await app.call("/shopify/install", method="POST", headers=bearer())
    assert app.factory.is_installed("acme")
    before = app.desk.reads
    await app.factory.departed("acme", purge=False)
    assert not app.factory.is_installed("acme")
    assert app.desk.reads > before, "every process is told"
    assert ShopifyFactory().is_installed("acme"), "where nobody installs anything"


async def test_a_browser_that_kept_no_cookie_is_told_what_to_do(app: Hosted) -> None:
    """Not every browser keeps a Secure cookie of a page over plain HTTP, this machine's or not."""
    answered = await app.call("/shopify/callback", "code=x", headers={"cookie": "another=1"})
    assert answered.status == 401
    assert "https address" in said(answered)["told"]
    kept = {"cookie": f"{COOKIE}={'0' * 32}"}
    answered = await app.call("/shopify/callback", "code=x", headers=kept)
    assert (answered.status, "https" in said(answered)["told"]) == (401, False)


@pytest.mark.parametrize(
    ("topic", "shop", "secret", "done"),
    [
        ("shop/redact", "gone.myshopify.com", making.SECRET, True),
        ("customers/redact", "gone.myshopify.com", making.FORMER, True),
        ("customers/data_request", "gone.myshopify.com", making.SECRET, True),
        ("app/uninstalled", "gone.myshopify.com", making.SECRET, True),
        ("orders/create", "gone.myshopify.com", making.SECRET, False),
        ("shop/redact", "gone.myshopify.com", "another's", False),
        ("orders/create", "gone.myshopify.com", "another's", False),
    ],
)
def test_shopify_14_15_of_a_shop_that_is_gone_nothing_is_asked(
    app: Hosted, topic: str, shop: str, secret: str, done: bool
) -> None:
    """Verified by the app's secret; whoever has none is told so."""
    delivery = making.classic(topic, {"shop_domain": shop}, shop=shop, secret=secret)
    assert app.factory.of_nobody(delivery) is done
    assert ShopifyFactory().of_nobody(delivery) is False


async def test_shopify_15_an_uninstall_counts_however_our_clock_goes(app: Hosted) -> None:
    """When it was installed is what Shopify says, for by its clock an uninstall is told."""
    now = time.time()
    told = {"nbf": int(now) - 8}
    sent = {"authorization": f"Bearer {making.token(now, changed=told)}"}
    await app.call("/shopify/install", method="POST", headers=sent)
    events = app.factory.build(read_tenants(app.desk.folder)["acme"]).events
    for seconds, facts in ((-9.0, 0), (-4.0, 1)):
        when = datetime.fromtimestamp(int(now) + seconds, UTC).isoformat()
        coming = making.classic(
            "app/uninstalled", {"id": 1}, headers={"x-shopify-triggered-at": when}
        )
        assert len(events.translate(coming)) == facts


async def test_shopify_15_without_its_tokens_a_shop_has_no_catalog(app: Hosted) -> None:
    await app.call("/shopify/install", method="POST", headers=bearer())
    catalog = app.factory.build(read_tenants(app.desk.folder)["acme"]).catalog
    await app.factory.departed("acme", purge=False)
    with pytest.raises(CatalogError, match="not installed"):
        await catalog.changes(None)
    with pytest.raises(CatalogError, match="not installed"):
        await catalog.get(["1"])


# --- the app's own file -----------------------------------------------------------------------


async def test_without_a_file_nothing_is_hosted(app: Hosted) -> None:
    (app.desk.folder / "shopify.toml").unlink()
    factory = ShopifyFactory()
    assert factory.host(app.desk) == ()
    catalog = factory.build(making.tenant()).catalog
    with pytest.raises(CatalogError, match="install the app"):
        await catalog.changes(None)
    await factory.close()


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('token_keys_env = "TEST_SHOPIFY_SECRET"', "token_keys_env"),
        ('token_keys_env = "TEST_ABSENT"', "token_keys_env"),
        ('token_keys_env = "shpss_0123-a secret"', "token_keys_env"),
        ('client_secret_env = "TEST_ABSENT"', "client_secret_env"),
        ('client_secret_env = ""', "client_secret_env"),
        ('url = "app.example"', "url"),
        ('url = "https://app.example/path"', "url"),
        ('admin_url = "ftp://x"', "admin_url"),
        ('surprise = "x"', "surprise"),
    ],
)
def test_a_file_that_cannot_be_used_names_key_and_fix(app: Hosted, line: str, key: str) -> None:
    name = line.split(" ", maxsplit=1)[0]
    rest = "".join(f"{one}\n" for one in APP.splitlines() if not one.startswith(f"{name} "))
    (app.desk.folder / "shopify.toml").write_text(f"{rest}{line}\n", "utf-8")
    with pytest.raises(ConfigurationError, match=rf"shopify\.toml: {key}: .*Fix: ") as raised:
        ShopifyFactory().host(app.desk)
    assert "shpss_" not in str(raised.value), "what may be the secret is not shown"
