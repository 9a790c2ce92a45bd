"""A shop's REST API in snake_case: enveloped documents, prices in cents, lists by cursor."""

import base64
import secrets
from collections import OrderedDict
from http import HTTPStatus
from typing import TypeVar

import msgspec
from aiohttp import web

from saccade.domain import JsonObject
from saccade_demo.catalog import Catalog

MOST_BASKETS = 10_000
"""The oldest goes when one more is made: a load test must not fill the memory."""
PAGE = 20
PREFIX = "/shop/v2"

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


class _Line(msgspec.Struct):
    article_id: str
    quantity: int = 1


class _Order(msgspec.Struct):
    basket_id: str


class Shop:
    """Articles of the lab's catalog, and baskets kept in memory."""

    def __init__(self, catalog: Catalog) -> None:
        self._articles = {code: _article(found) for code, found in catalog.products.items()}
        self._ids = list(self._articles)
        self._baskets: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._orders = 0

    async def articles(self, request: web.Request) -> web.Response:
        """A page of them; ``next_cursor`` is null on the last."""
        start = _place(request.query.get("cursor", ""))
        shown = [self._articles[code] for code in self._ids[start : start + PAGE]]
        more = start + PAGE < len(self._ids)
        paging = {"next_cursor": _cursor(start + PAGE) if more else None, "page_size": PAGE}
        return _answer({"articles": shown, "paging": paging})

    async def article(self, request: web.Request) -> web.Response:
        """One of them."""
        found = self._articles.get(request.match_info["article_id"])
        return _missing("article") if found is None else _answer({"article": found})

    async def new_basket(self, request: web.Request) -> web.Response:
        """An empty basket, whose id is the only key to it."""
        del request
        basket_id = secrets.token_hex(16)
        self._baskets[basket_id] = {}
        if len(self._baskets) > MOST_BASKETS:
            self._baskets.popitem(last=False)
        return _answer({"basket": self._basket(basket_id)}, HTTPStatus.CREATED)

    async def add_line(self, request: web.Request) -> web.Response:
        """More of an article."""
        basket_id = request.match_info["basket_id"]
        if basket_id not in self._baskets:
            return _missing("basket")
        line = await _read(request, _Line)
        if line is None or line.article_id not in self._articles or line.quantity < 1:
            return _refused("article_id and quantity are wanted")
        lines = self._baskets[basket_id]
        lines[line.article_id] = lines.get(line.article_id, 0) + line.quantity
        added = {"article_id": line.article_id, "basket": self._basket(basket_id)}
        return _answer(added, HTTPStatus.CREATED)

    async def order(self, request: web.Request) -> web.Response:
        """The basket's content, ordered; the basket is gone."""
        wanted = await _read(request, _Order)
        if wanted is None or not self._baskets.get(wanted.basket_id):
            return _refused("basket_id of a basket with lines is wanted")
        basket = self._basket(wanted.basket_id)
        del self._baskets[wanted.basket_id]
        self._orders += 1
        placed = {"order_no": f"R-{self._orders:06}", "status": "placed", **basket}
        del placed["basket_id"]
        return _answer({"order": placed}, HTTPStatus.CREATED)

    def _basket(self, basket_id: str) -> JsonObject:
        lines = [
            {"article_id": code, "quantity": count}
            for code, count in self._baskets[basket_id].items()
        ]
        cents = sum(
            self._articles[code]["pricing"]["gross_cents"] * count
            for code, count in self._baskets[basket_id].items()
        )
        total = {"gross_cents": cents, "currency_code": "USD"}
        return {"basket_id": basket_id, "lines": lines, "total": total}


def application(catalog: Catalog) -> web.Application:
    """Its routes."""
    shop = Shop(catalog)
    app = web.Application(client_max_size=65_536)
    app.add_routes(
        [
            web.get(f"{PREFIX}/articles", shop.articles),
            web.get(PREFIX + "/articles/{article_id}", shop.article),
            web.post(f"{PREFIX}/baskets", shop.new_basket),
            web.post(PREFIX + "/baskets/{basket_id}/lines", shop.add_line),
            web.post(f"{PREFIX}/orders", shop.order),
        ]
    )
    return app


def _article(found: JsonObject) -> JsonObject:
    """A product of the lab as this shop writes it."""
    return {
        "article_id": found["code"],
        "display": {"title": found["name"], "summary": found.get("summary", "")},
        "pricing": {
            "gross_cents": round(found["price"]["value"] * 100),
            "currency_code": found["price"]["currencyIso"],
        },
        "warehouse": {"units_free": found["stock"].get("stockLevel", 0)},
        "shelves": [{"shelf_id": category["code"]} for category in found["categories"]],
    }


async def _read(request: web.Request, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except msgspec.MsgspecError:
        return None


def _answer(document: JsonObject, status: int = HTTPStatus.OK) -> web.Response:
    return web.Response(body=_encode(document), status=status, content_type="application/json")


def _missing(what: str) -> web.Response:
    return _answer({"error": {"code": f"unknown_{what}"}}, HTTPStatus.NOT_FOUND)


def _refused(why: str) -> web.Response:
    return _answer({"error": {"code": "bad_request", "detail": why}}, HTTPStatus.BAD_REQUEST)


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode("ascii")


def _place(cursor: str) -> int:
    try:
        told = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
    except ValueError:
        return 0
    digits = told.removeprefix("from:")
    return int(digits) if digits.isdecimal() and len(digits) < 9 else 0  # noqa: PLR2004 - a number of ours
