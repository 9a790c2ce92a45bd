"""``/tracker.js``: one cacheable file a site, with its settings before it."""

import gzip
import json

import making
from saccade.actions import runtime
from saccade.campaigns import versioned
from saccade.domain import Basis, Moment
from saccade.tenants import Signal, Slot
from server.shopfront import TRACKER, Serve, Shop

ROUTE = "/tracker.js"


async def test_the_tracker_is_cached_and_revalidated_by_a_strong_tag(shop: Shop) -> None:
    first = await shop.get(ROUTE)
    assert first.status == 200
    assert first.content_type == "text/javascript"
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    assert first.headers["Vary"] == "Accept-Encoding"
    tag = first.headers["ETag"]
    assert not tag.startswith("W/")
    for sent in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = await shop.get(ROUTE, headers={"If-None-Match": sent})
        assert (again.status, await again.read()) == (304, b"")
    assert (await shop.get(ROUTE, headers={"If-None-Match": '"other"'})).status == 200


async def test_the_compressed_form_has_a_tag_of_its_own(shop: Shop) -> None:
    plain = await shop.get(ROUTE, headers={"Accept-Encoding": "gzip;q=0, identity"})
    packed = await shop.get(ROUTE, headers={"Accept-Encoding": "br, gzip"}, auto_decompress=False)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(await packed.read()) == await plain.read() == TRACKER
    assert packed.headers["ETag"] != plain.headers["ETag"]


async def test_a_site_with_selectors_gets_them_before_the_script(serve: Serve) -> None:  # R8
    tenant = making.tenant(basis=Basis.OPT_IN).model_copy(
        update={
            "slots": {"cta": Slot(moment=Moment.PRODUCT, selector="[title='</script><b>']")},
            "signals": {
                "reviews": Signal(selector="#reviews"),
                "add_to_cart": Signal(selector=".buy"),
            },
        }
    )
    shop = await serve(runtime(tenant, versioned(()), making.SECRET))
    for address in (ROUTE, f"{ROUTE}?site={making.TENANT}"):
        body = (await (await shop.get(address)).read()).decode()
        prefix, script = body.split("\n", 1)
        assert script == TRACKER.decode()
        assert "<" not in prefix
        assert json.loads(prefix.removeprefix("window.__SACCADE__=").rstrip(";")) == {
            "slots": {"cta": "[title='</script><b>']"},
            "signals": {"reviews": "#reviews", "add-to-cart": ".buy"},
            "consent": "required",
        }
    assert (await shop.get(f"{ROUTE}?site=unknown")).status == 400


async def test_a_site_that_signs_its_tokens_says_so(serve: Serve) -> None:  # R68
    tenant = making.tenant(open_site=False)
    shop = await serve(runtime(tenant, versioned(()), making.SECRET))
    body = await (await shop.get(f"{ROUTE}?site={making.TENANT}")).text()
    assert body.startswith('window.__SACCADE__={"signed":true};\n')
