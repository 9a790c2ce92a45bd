"""A storefront's calls, two hundred of them different, the same for the same seed.

Recorded once, then replayed.
"""

import json
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import quote

from interop.storefront import Exchange, Step, Storefront, model

COUNT = 200
"""Different calls; as in life some are made more than once."""
SITE = "electronics"
FIELDS = (
    None,
    "BASIC",
    "DEFAULT",
    "FULL",
    "code,name",
    "code,price(FULL),stock(FULL)",
    "code,images(FULL),categories(code)",
    "code,classifications(features(name,featureValues(value)))",
)
QUERIES = (
    "",
    "laptop",
    "kestrel:price-asc",
    ":name-desc:category:laptops",
    "Müller & Söhne",
    "zzz",
)
SORTS = (None, "relevance", "price-asc", "price-desc", "name-asc", "topRated", "no-such-order")
XML = ("application/xml", "text/xml;q=0.9, application/json;q=0.1")
CONSENTS = (
    '[{"templateCode":"PROFILE","templateVersion":0,"consentState":"GIVEN"}]',
    '[{"templateCode":"PROFILE","templateVersion":0,"consentState":"WITHDRAWN"}]',
    "%7Bnot json",
)


class EnoughError(Exception):
    """Enough calls have been made."""


class Journey:
    """A storefront's calls, drawn by chance and by what earlier answers said."""

    def __init__(self, storefront: Storefront, codes: Sequence[str], seed: int) -> None:
        self._storefront = storefront
        self._codes = codes
        self._chance = random.Random(seed)
        self.steps: list[Step] = []
        self.models: list[Any] = []  # Any: documents of the generated package
        self._different: set[object] = set()

    async def walk(self) -> None:
        """Every kind of visit once, then any, until `COUNT` different calls have been made."""
        visits: tuple[Callable[[], Awaitable[None]], ...] = (
            self._look_around,
            self._search,
            self._look_at_a_product,
            self._ask_again,
            self._shop,
            self._err,
            self._read_xml,
            self._spell_oddly,
        )
        try:
            for visit in visits:
                await visit()
            while True:
                await self._chance.choice(visits)()
        except EnoughError:
            return

    # --- visits -------------------------------------------------------------------------------

    async def _look_around(self) -> None:
        await self._call("getBaseSites")
        await self._call("getConsentTemplates", base_site_id=SITE, user_id="anonymous")
        await self._call("getSuggestions", base_site_id=SITE, term="lap", max_=3)
        await self._call("getSuggestions", "nobody", base_site_id=SITE, term="k")

    async def _search(self) -> None:
        for page in (0, 1, 9):
            await self._call(
                "searchProducts",
                self._who(),
                base_site_id=SITE,
                query=self._chance.choice(QUERIES),
                sort=self._chance.choice(SORTS),
                current_page=page,
                page_size=self._chance.choice((None, 1, 5, 20)),
                fields=self._chance.choice((None, "FULL", "products(code),pagination")),
            )

    async def _look_at_a_product(self) -> None:
        code = self._chance.choice(self._codes)
        await self._call(
            "getProduct",
            self._who(),
            **self._product(code),
            fields=self._chance.choice(FIELDS),
            lang=self._chance.choice((None, "en")),
            curr=self._chance.choice((None, "USD")),
            x_anonymous_consents=self._chance.choice((None, *(quote(one) for one in CONSENTS))),
        )
        await self._call("getReferences", **self._product(code), reference_type="SIMILAR")
        await self._call("getReviews", **self._product(code), max_count=2, fields="FULL")
        await self._call("getStock", **self._product(code), location="harbour")
        await self._call("headProduct", self._who(), **self._product(code), fields="FULL")

    async def _ask_again(self) -> None:
        """With the validator of the answer before, then with another one."""
        code = self._chance.choice(self._codes)
        for who in ("shopper", "nobody"):
            first = await self._call("getProduct", who, **self._product(code))
            (etag,) = [value for name, value in first.headers if name == b"etag"]
            again = self._product(code) | {"if_none_match": etag.decode()}
            await self._call("getProduct", who, **again)
            await self._call("getProduct", who, **(again | {"if_none_match": '"another"'}))

    async def _shop(self) -> None:
        user = {"base_site_id": SITE, "user_id": "anonymous"}
        made = await self._call("createCart", self._who(), **user, fields="FULL")
        cart = user | {"cart_id": json.loads(made.content)["guid"]}
        for code in self._chance.sample(self._codes, 2):
            product = model("ProductCode", code=code)
            entry = model("NewEntry", product=product, quantity=self._chance.choice((1, 2, 0)))
            await self._call("addEntry", **cart, body=entry)
        await self._call("getCart", **cart, fields=self._chance.choice((None, "FULL")))
        change = model("EntryChange", quantity=self._chance.choice((1, 3, 0)))
        await self._call("changeEntry", **cart, entry_number="0", body=change)
        await self._call("removeEntry", **cart, entry_number=self._chance.choice("019"))
        if self._chance.random() < 0.6:
            await self._call("placeOrder", **user, cart_id=cart["cart_id"])
        else:
            await self._call("deleteCart", **cart)
        await self._call("getCart", **cart)

    async def _err(self) -> None:
        code = self._chance.choice(self._codes)
        await self._call("getProduct", **self._product("no-such-product"))
        await self._call("getProduct", self._who(), **self._product(code), fields="code,nosuch")
        await self._call("getProduct", **self._product(code), lang="tlh")
        await self._call("getProduct", "expired", **self._product(code))
        await self._call("searchProducts", base_site_id=SITE, page_size=0)
        current = {"base_site_id": SITE, "user_id": "current"}
        await self._call("getOrders", **current, current_page=0)
        await self._call("getCart", "expired", **current, cart_id="1")
        await self._call("getUser", **current)
        await self._call(
            "giveConsent", **current, consent_template_id="PROFILE", consent_template_version=0
        )
        await self._call("getOrder", base_site_id=SITE, order_code="none")
        empty = await self._call("createCart", base_site_id=SITE, user_id="anonymous")
        guid = json.loads(empty.content)["guid"]
        await self._call("placeOrder", base_site_id=SITE, user_id="anonymous", cart_id=guid)

    async def _read_xml(self) -> None:
        code = self._chance.choice(self._codes)
        for path in (f"products/{code}?fields=FULL", "products/search?pageSize=2", "products/none"):
            await self._plain(path, self._chance.choice(XML))

    async def _spell_oddly(self) -> None:
        """Paths and queries whose bytes a proxy might be tempted to put in order."""
        code = self._chance.choice(self._codes)
        await self._plain(f"products/{code}?fields=code%2cprice%28FULL%29&lang=en&&x=%7e")
        await self._plain(f"products/{code}?")
        await self._plain(f"products/{code}%2Fpart?a=b=c&a=%C3%BC+d")
        await self._plain("products/search?query=%3Arelevance%3Acategory%3Alaptops&sort=")

    # --- one call -----------------------------------------------------------------------------

    async def _call(self, operation: str, who: str = "shopper", **arguments: Any) -> Exchange:
        given = {name: value for name, value in arguments.items() if value is not None}
        return await self._take(Step(operation, tuple(given.items()), who))

    async def _plain(self, path: str, accept: str = "") -> Exchange:
        return await self._take(Step(f"GET /occ/v2/{SITE}/{path}", (), self._who(), accept))

    async def _take(self, step: Step) -> Exchange:
        if len(self._different) == COUNT:
            raise EnoughError
        exchange, document = await self._storefront.take(step)
        self.steps.append(step)
        self.models.append(document)
        self._different.add(exchange.call)
        return exchange

    def _who(self) -> str:
        return self._chance.choice(("shopper", "shopper", "nobody"))

    @staticmethod
    def _product(code: str) -> dict[str, Any]:
        return {"base_site_id": SITE, "product_code": code}
