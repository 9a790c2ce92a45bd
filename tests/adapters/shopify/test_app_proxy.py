"""Shopify 19: the app proxy's signature, and that no other set of pairs spells the same."""

import itertools
import re
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from adapters.shopify import making_shopify as making
from saccade_shopify import signatures
from saccade_shopify.app_proxy import AppProxy, ProxiedCall

SECRET = SecretStr(making.SECRET)
PAIRS = {
    "logged_in_customer_id": "7",
    "path_prefix": "/apps/saccade",
    "saccade_session": "v1.s1",
    "shop": making.SHOP,
    "timestamp": str(int(making.NOW)),
}


def read(pairs: "dict[str, str] | list[tuple[str, str]]", **signing: str) -> ProxiedCall | None:
    """Signed over ``pairs`` and ``signing``, and sent as ``pairs`` alone."""
    listed = list(pairs.items()) if isinstance(pairs, dict) else pairs
    split: dict[str, list[str]] = {}
    for name, value in (*listed, *signing.items()):
        split.setdefault(name, []).append(value)
    return sent([*listed, ("signature", signatures.app_proxy(SECRET, split))])


def sent(listed: list[tuple[str, str]]) -> ProxiedCall | None:
    proxy = AppProxy(lambda: (SECRET,), frozenset({"saccade_session"}), lambda: making.NOW)
    return proxy.read(urlencode(listed))


def test_a_genuine_call() -> None:
    assert read(PAIRS) == ProxiedCall(making.SHOP, "7", {"saccade_session": "v1.s1"})


def test_nobody_is_signed_in() -> None:
    call = read({**PAIRS, "logged_in_customer_id": ""})
    assert call is not None
    assert call.customer is None


@pytest.mark.parametrize("name", ["shop", "timestamp"])
def test_each_is_there_exactly_once(name: str) -> None:
    left_out = {key: value for key, value in PAIRS.items() if key != name}
    assert read(left_out) is None
    assert read([*PAIRS.items(), (name, PAIRS[name])]) is None


def test_one_signature() -> None:
    genuine = signatures.app_proxy(SECRET, {name: [said] for name, said in PAIRS.items()})
    assert sent([*PAIRS.items()]) is None
    assert sent([*PAIRS.items(), ("signature", genuine)]) is not None
    assert sent([*PAIRS.items(), ("signature", genuine), ("signature", genuine)]) is None


def test_an_unknown_key_is_refused_though_it_is_signed() -> None:
    assert read({**PAIRS, "extra": "1"}) is None


@pytest.mark.parametrize(
    ("away", "good"), [(0, True), (-90, True), (90, True), (-91, False), (91, False)]
)
def test_within_90_s(away: int, good: bool) -> None:
    assert (read({**PAIRS, "timestamp": str(int(making.NOW) + away)}) is not None) is good


@pytest.mark.parametrize(
    "shop", ["acme.myshopify.com.evil.example", "evil.example", "", "ACME.myshopify.com"]
)
def test_shopify_9_the_shop_is_one(shop: str) -> None:
    assert read({**PAIRS, "shop": shop}) is None


@given(said=st.text(alphabet="abcs=hop&.mytifcom0123456789/_-timestamp", min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_value_of_ours_never_becomes_a_key(said: str) -> None:
    """Whatever a page sends through the proxy as a value, signed by Shopify as such, cannot be sent
    on as other pairs that spell the same."""
    pairs = {**PAIRS, "saccade_session": said}
    genuine = signatures.app_proxy(SECRET, {name: [value] for name, value in pairs.items()})
    spelt = "".join(sorted(f"{name}={value}" for name, value in pairs.items()))
    for other in _splits(spelt):
        call = sent([*other, ("signature", genuine)])
        assert call is None or dict(other) == pairs


def _splits(spelt: str) -> list[list[tuple[str, str]]]:
    """Ways to read a spelling as pairs with known keys."""
    places = [match.start() for match in re.finditer("|".join(PAIRS), spelt)]
    found: list[list[tuple[str, str]]] = []
    for count in range(2, len(PAIRS) + 1):
        for starts in itertools.islice(itertools.combinations(places, count), 200):
            if starts[0] != 0:
                continue
            parts = [spelt[a:b] for a, b in itertools.pairwise((*starts, len(spelt)))]
            pairs = [part.partition("=")[::2] for part in parts]
            found.append([(name, value) for name, value in pairs])
    return found


def test_the_split_of_the_classic_attack() -> None:
    """A page gives ``saccade_session`` a value that ends as the pairs behind it begin."""
    victim = "shop=victim.myshopify.comtimestamp=1"
    pairs = {**PAIRS, "saccade_session": f"x{victim}"}
    genuine = signatures.app_proxy(SECRET, {name: [value] for name, value in pairs.items()})
    resplit = [
        ("logged_in_customer_id", "7"),
        ("path_prefix", "/apps/saccade"),
        ("saccade_session", "x"),
        ("shop", "victim.myshopify.com"),
        ("timestamp", f"1shop={making.SHOP}timestamp={PAIRS['timestamp']}"),
        ("signature", genuine),
    ]
    assert sent(resplit) is None
    assert sent([*pairs.items(), ("signature", genuine)]) is None, "its own split is refused too"


def test_keys_that_could_be_split_in_two_ways_are_refused_when_named() -> None:
    with pytest.raises(ValueError, match="two ways"):
        AppProxy(lambda: (), frozenset({"session", "saccade_session"}))


@pytest.mark.parametrize("query", ["", "&", "a", "=", "%", "shop=%ff", "x" * 5_000, "shop=a&&b=c"])
def test_no_query_raises(query: str) -> None:
    assert AppProxy(lambda: (SECRET,), frozenset()).read(query) is None
