"""`saccade check` and the platform: what a team gets wrong, planted for real."""

import ssl
from pathlib import Path

import pytest

from conftest import unused_port
from saccade_gateway.calls import Calls
from saccade_server.commands import check
from server.diagnosis.certificates import signed
from server.diagnosis.checking import Shop, Told
from server.diagnosis.platform import ORIGIN, SITE, Answer, Platform

CLIENT = "an-oauth-secret"
DEFAULTS = Calls.__init__.__kwdefaults__ or {}


def complained(told: Told, code: int, name: str, *words: str) -> str:
    """The one line that is not well; it names the thing, its value and the fix."""
    assert told.code == code, told.out + told.err
    assert len(told.complaints) == 1, told.complaints
    (line,) = told.complaints
    assert line.startswith(("✗ ", "! ")), line
    assert line[2:].startswith(name), line
    problem, fix, mended = line.partition(". Fix: ")
    assert fix
    assert mended
    for word in words:
        assert word in line, line
    return problem


def test_a_healthy_shop_is_well(shop: Shop) -> None:
    told = shop.check()
    assert told.code == 0
    assert told.complaints == []
    assert [line.split()[1] for line in told.out.splitlines()] == [
        "settings",
        "SACCADE_STATE_URL",
        "SACCADE_DATA",
        "tenant",
        "upstream",
        "catalog",
        "consent",
        "CORS",
    ]
    assert "tenant shop 0 campaigns" in told.out


@pytest.mark.parametrize("appended", ["/occ", "/occ/v2", "/occ/v2/", "/occ/v2/electronics"])
def test_a_base_url_that_goes_into_occ(shop: Shop, appended: str) -> None:
    shop.url = shop.platform.url + appended
    told = shop.check()
    assert told.code == 2
    (line,) = told.complaints
    assert line.startswith(f"✗ shop/tenant.toml: upstream.url '{shop.url.rstrip('/')}': ends in")
    assert line.endswith(f"Fix: write what stands before it: '{shop.platform.url}'")


def test_http_where_https_is_needed(shop: Shop) -> None:
    shop.url, shop.private = "http://203.0.113.9", False
    told = shop.check()
    assert told.code == 2
    assert told.err.startswith("tenants/shop/tenant.toml: upstream")
    assert "http://203.0.113.9" in told.err
    assert "use https, or allow_private" in told.err.partition(". Fix: ")[2]


def impatient(shop: Shop, seconds: float) -> None:
    shop.monkeypatch.setattr(check, "PATIENCE_S", seconds)


def test_a_platform_that_redirects_to_https(shop: Shop) -> None:
    to = (("Location", "https://api.shop.example/occ/v2/basesites"),)
    shop.platform.answers["GET /occ/v2/basesites"] = Answer("", 301, headers=to)
    https = shop.platform.url.replace("http", "https")
    complained(
        shop.check(), 2, "shop/tenant.toml: upstream.url", "redirects (301)", f"write '{https}'"
    )


def test_a_base_site_the_platform_has_not(shop: Shop) -> None:
    shop.site = "electronix"
    complained(
        shop.check(),
        2,
        "shop/tenant.toml: platform_site 'electronix'",
        "is no base site",
        "write one of apparel, electronics",
    )


def test_a_prefix_that_is_missing(shop: Shop) -> None:
    shop.platform.prefix = "/rest"
    shop.url = shop.platform.url.removesuffix("/rest")
    complained(
        shop.check(),
        1,
        f"shop/tenant.toml: upstream.url '{shop.url}'",
        "answers 404 with text/html",
        "write what stands before /occ/v2",
    )


def test_an_expired_certificate(shop: Shop, tmp_path: Path) -> None:
    told = over_tls(shop, tmp_path, days=-1, trusted=True)
    complained(told, 1, "shop/tenant.toml: upstream.url", "expired", "renew the platform's")


def test_an_authority_nobody_knows(shop: Shop, tmp_path: Path) -> None:
    told = over_tls(shop, tmp_path, days=2, trusted=False)
    complained(told, 1, "shop/tenant.toml: upstream.url", "certificate is refused", "SSL_CERT_FILE")


def test_a_certificate_of_another_name(shop: Shop, tmp_path: Path) -> None:
    told = over_tls(shop, tmp_path, days=2, trusted=True, address="192.0.2.1")
    complained(told, 1, "shop/tenant.toml: upstream.url", "mismatch", "the certificate is for")


def test_an_authority_that_is_installed(shop: Shop, tmp_path: Path) -> None:
    told = over_tls(shop, tmp_path, days=2, trusted=True)
    assert (told.code, told.complaints) == (0, [])


def over_tls(
    shop: Shop, folder: Path, *, days: int, trusted: bool, address: str = "127.0.0.1"
) -> Told:
    """The healthy platform behind a certificate of an authority of our own."""
    authority, certificate, key = signed(folder, address, days)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    if trusted:
        shop.monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        _forget_authorities()
    secure = Platform()
    with secure.listening(tls):
        shop.url = secure.url
        try:
            return shop.check()
        finally:
            _forget_authorities()


def _forget_authorities() -> None:
    """The adapter reads the system's once a process."""
    from saccade_gateway.pinned import _trusted  # noqa: PLC0415 - beside its reason

    _trusted.cache_clear()


def test_a_port_without_tls(shop: Shop) -> None:
    shop.url = shop.platform.url.replace("http:", "https:")
    complained(shop.check(), 1, "shop/tenant.toml: upstream.url", "does not speak TLS there")


def test_a_name_that_does_not_resolve(shop: Shop) -> None:
    shop.url = "https://occ.invalid"
    complained(
        shop.check(),
        1,
        "shop/tenant.toml: upstream.url 'https://occ.invalid'",
        "the name occ.invalid does not resolve",
        "DNS",
    )


def test_a_platform_that_is_not_there(shop: Shop) -> None:
    shop.url = f"http://127.0.0.1:{unused_port()}"
    complained(shop.check(), 1, "shop/tenant.toml: upstream.url", "refuses the connection")


def test_a_private_address_that_is_not_allowed(shop: Shop) -> None:
    shop.url, shop.private = "https://10.1.2.3", False
    complained(
        shop.check(),
        2,
        "shop/tenant.toml: upstream.url 'https://10.1.2.3'",
        "is a private address",
        "set upstream.allow_private = true",
    )


def test_a_platform_that_hangs(shop: Shop) -> None:
    impatient(shop, 0.3)
    shop.platform.answers["GET /occ/v2/basesites"] = Answer("", after_s=1.0)
    complained(
        shop.check(), 1, "shop/tenant.toml: upstream.url", "did not answer within 0.3 s", "firewall"
    )


def test_a_platform_too_slow_to_be_decided_for(shop: Shop) -> None:
    shop.platform.answers[f"GET {SITE}/products/816324"] = Answer({"code": "816324"}, after_s=0.3)
    complained(shop.check(), 0, "upstream of shop", "180 ms", "cache products")


def test_saccade_before_itself(shop: Shop) -> None:
    shop.platform.answers["GET /livez"] = Answer({"status": "alive"})
    complained(shop.check(), 2, "shop/tenant.toml: upstream.url", "leads to Saccade itself")


def test_a_key_the_platform_uses(shop: Shop) -> None:
    shop.merged = "name"
    complained(shop.check(), 2, "shop/tenant.toml: decisioning.key 'name'", "choose another name")


@pytest.mark.parametrize(
    ("answer", "key", "words"),
    [
        (Answer({"error": "invalid_client"}, 401), "client_id 'saccade'", "(invalid_client)"),
        (Answer("<html>", 404, "text/html"), "token_url", "answered 404"),
    ],
)
def test_an_oauth_client_that_is_refused(shop: Shop, answer: Answer, key: str, words: str) -> None:
    shop.monkeypatch.setenv("SHOP_SECRET", CLIENT)
    shop.adapter = {"client_id": "saccade", "client_secret_env": "SHOP_SECRET"}
    # The secret crosses no network: the stand-in is on this machine, and allow_private says so.
    shop.platform.answers["POST /authorizationserver/oauth/token"] = answer
    told = shop.check()
    complained(told, 1, f"shop/tenant.toml: adapter.{key}", words, "correct adapter.")
    assert CLIENT not in told.out + told.err


def test_an_authorization_server_that_is_not_there(shop: Shop) -> None:
    shop.monkeypatch.setenv("SHOP_SECRET", CLIENT)
    shop.monkeypatch.setattr(Calls.__init__, "__kwdefaults__", {**DEFAULTS, "attempts": 1})
    url = f"http://127.0.0.1:{unused_port()}/token"
    shop.adapter = {"client_id": "a", "client_secret_env": "SHOP_SECRET", "token_url": url}
    name = f"shop/tenant.toml: adapter.token_url '{url}'"
    complained(shop.check(), 1, name, "cannot be reached", "correct adapter.token_url")


def test_a_consent_template_the_platform_has_not(shop: Shop) -> None:
    shop.adapter = {"consent_template": "PERSONALISE"}
    complained(
        shop.check(),
        2,
        "shop/tenant.toml: adapter.consent_template 'PERSONALISE'",
        "nobody's consent would be seen",
        "write one of PROFILE",
    )


def test_an_origin_the_platform_does_not_admit(shop: Shop) -> None:
    shop.platform.admits = ()
    complained(
        shop.check(), 1, f"CORS of shop '{ORIGIN}'", "corsfilter.commercewebservices.allowedOrigins"
    )


@pytest.mark.parametrize(
    ("attribute", "setting"), [("allowed", "allowedHeaders"), ("exposed", "exposedHeaders")]
)
def test_a_consent_header_that_does_not_travel(shop: Shop, attribute: str, setting: str) -> None:
    setattr(shop.platform, attribute, "authorization")
    complained(shop.check(), 1, f"CORS of shop '{ORIGIN}'", "X-Anonymous-Consents", setting)


@pytest.mark.parametrize("skew", [-300.0, 300.0])
def test_a_clock_that_is_wrong(shop: Shop, skew: float) -> None:
    shop.platform.clock_s = skew
    complained(shop.check(), 0, "clock of shop's platform", "NTP")
