"""The catalog over real sockets: each way of paging, who we are, and products as the core knows."""

import base64
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web

from adapters.generic_rest.platforms import Answer, catalog, platform, says
from saccade.catalog import CatalogError, CatalogIndex
from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade.ports import CatalogPort
from saccade_generic_rest import paging

ONE = """\
paths = ["/api/"]
[catalog]
list = "/api/items"
items = "rows"
item = "/api/items/{id}"
fields = { id = "id", name = "name", price = "price", currency = "'EUR'", in_stock = "stock" }
"""
GOODS: list[dict[str, object]] = [
    {"id": number, "name": f"n{number}", "price": f"{number}.10"} for number in range(7)
]


async def pages_of(found: CatalogPort) -> list[CatalogPage]:
    """All of them, by the cursors it gives."""
    pages = [await found.changes(None)]
    while pages[-1].cursor is not None:
        assert len(pages) < 20
        pages.append(await found.changes(pages[-1].cursor))
    return pages


def ids(pages: Sequence[CatalogPage]) -> list[str]:
    return [product.id for page in pages for product in page.products]


def rows(start: int, count: int = 3) -> list[dict[str, object]]:
    return GOODS[start : start + count]


def numbered(request: web.Request) -> web.Response:
    page = int(request.query["p"])
    if request.query.get("missing") and page > 3:
        return web.Response(status=404)
    return says({"rows": rows(3 * (page - 1)), "pages": 3})


def offset(request: web.Request) -> web.Response:
    start = int(request.query["from"])
    return says({"rows": rows(start, int(request.query["n"])), "total": 7})


def word(request: web.Request) -> web.Response:
    start = int(request.query.get("after", "0"))
    return says({"rows": rows(start), "next": str(start + 3) if start + 3 < 7 else None})


def next_url(request: web.Request) -> web.Response:
    start = int(request.query.get("s", "0"))
    following = f"http://{request.host}/api/items?s={start + 3}"
    return says({"rows": rows(start), "next": following if start + 3 < 7 else None})


def link(request: web.Request) -> web.Response:
    start = int(request.query.get("s", "0"))
    told = f'</api/items?s=0>; rel="first", </api/items?s={start + 3}>; title="a, b"; rel=next'
    return says({"rows": rows(start)}, **({"Link": told} if start + 3 < 7 else {}))


@pytest.mark.parametrize(
    ("pages", "answer", "first"),
    [
        ('{ kind = "page", param = "p", pages = "pages" }', numbered, "/api/items?p=1"),
        ('{ kind = "page", param = "p" }', numbered, "/api/items?p=1"),
        (
            '{ kind = "offset", param = "from", size_param = "n", size = 3, total = "total" }',
            offset,
            "/api/items?n=3&from=0",
        ),
        ('{ kind = "cursor", param = "after", next = "next" }', word, "/api/items"),
        ('{ kind = "next", next = "next" }', next_url, "/api/items"),
        ('{ kind = "link" }', link, "/api/items"),
    ],
    ids=["page", "page-untold", "offset", "cursor", "next", "link"],
)
async def test_every_way_of_paging_ends_with_every_product(
    pages: str, answer: Answer, first: str, tmp_path: Path
) -> None:  # R40
    async with platform(answer) as shop:
        found = catalog(tmp_path, ONE + f"pages = {pages}\n", shop.url)
        assert ids(await pages_of(found)) == [str(number) for number in range(7)]
        assert shop.asked[0] == first


async def test_behind_the_last_page_a_404_is_the_end(tmp_path: Path) -> None:
    text = ONE + 'pages = { kind = "page", param = "p" }\nquery = { missing = "1" }\n'
    async with platform(numbered) as shop:
        assert len(ids(await pages_of(catalog(tmp_path, text, shop.url)))) == 7
        assert shop.asked[-1].endswith("p=4")


async def test_an_empty_page_that_names_a_next_is_not_the_end(tmp_path: Path) -> None:
    """A platform may leave out, behind its paging, what is not to be shown."""

    def filtered(request: web.Request) -> web.Response:
        start = int(request.query.get("after", "0"))
        following = str(start + 1) if start < 30 else None
        return says({"rows": rows(start // 10, 1) if start % 10 == 0 else [], "next": following})

    text = ONE + 'pages = { kind = "cursor", param = "after", next = "next" }\n'
    async with platform(filtered) as shop:
        walk = await CatalogIndex().sync("lab", catalog(tmp_path, text, shop.url))
    assert walk.seen == {"0", "1", "2", "3"}
    assert walk.number == 31
    assert walk.whole


async def test_empty_pages_that_go_round_in_a_circle_are_left(tmp_path: Path) -> None:
    def round_and_round(request: web.Request) -> web.Response:
        return says({"rows": [], "next": "b" if request.query.get("after") == "a" else "a"})

    text = ONE + 'pages = { kind = "cursor", param = "after", next = "next" }\n'
    async with platform(round_and_round) as shop:
        with pytest.raises(CatalogError, match="page after page of the platform's list is empty"):
            await CatalogIndex().sync("lab", catalog(tmp_path, text, shop.url))
        assert len(shop.asked) == paging.MOST_EMPTY + 1


@pytest.mark.parametrize(
    "pages",
    [
        '{ kind = "page", param = "p", pages = "pages" }',
        '{ kind = "offset", param = "from", total = "total" }',
    ],
)
async def test_an_empty_page_before_the_end_that_was_told_forgets_nothing(
    pages: str, tmp_path: Path
) -> None:
    """A search that is just built anew has fewer products than it tells."""
    building = False

    def answer(request: web.Request) -> web.Response:
        start = int(request.query.get("from", 3 * (int(request.query.get("p", 1)) - 1)))
        empty = building and start
        return says({"rows": [] if empty else rows(start), "pages": 3, "total": 7})

    async with platform(answer) as shop:
        found, index = catalog(tmp_path, f"{ONE}pages = {pages}\n", shop.url), CatalogIndex()
        assert (await index.sync("lab", found)).skipped == {}
        building = True
        assert (await index.sync("lab", found)).skipped == {"empty": 1}
        assert index.count("lab") == 7


async def test_a_long_number_is_a_cursor(tmp_path: Path) -> None:
    large = 7_311_200_000_000_000_000

    def answer(request: web.Request) -> web.Response:
        after = request.query.get("after")
        return says({"rows": rows(3 if after else 0), "next": None if after else large})

    text = ONE + 'pages = { kind = "cursor", param = "after", next = "next" }\n'
    async with platform(answer) as shop:
        assert len(ids(await pages_of(catalog(tmp_path, text, shop.url)))) == 6
        assert shop.asked[-1].endswith(f"after={large}")


async def test_a_next_page_may_be_named_from_where_the_list_is(tmp_path: Path) -> None:
    def answer(request: web.Request) -> web.Response:
        second = "s" in request.query
        return says({"rows": rows(3 if second else 0), "next": None if second else "items?s=1"})

    async with platform(answer) as shop:
        found = catalog(tmp_path, ONE + 'pages = { kind = "next", next = "next" }\n', shop.url)
        assert len(ids(await pages_of(found))) == 6
        assert shop.asked[-1] == "/api/items?s=1"


@pytest.mark.parametrize(
    ("status", "fix"),
    [
        (301, r"Fix: correct catalog\.list in .*mapping\.toml, such as the slash at its end"),
        (404, r"Fix: correct catalog\.list in .*mapping\.toml"),
    ],
)
async def test_a_list_that_is_not_there_names_its_key(
    status: int, fix: str, tmp_path: Path
) -> None:
    moved = {"Location": "/api/items/"}
    async with platform(lambda _: web.Response(status=status, headers=moved)) as shop:
        with pytest.raises(CatalogError, match=fix):
            await catalog(tmp_path, ONE, shop.url).changes(None)
        assert len(shop.asked) == 1


async def test_a_page_without_one_product_names_the_keys_to_correct(tmp_path: Path) -> None:
    text = ONE.replace('id = "id"', 'id = "sku"')
    async with platform(lambda _: says({"rows": rows(0)})) as shop:
        with pytest.raises(CatalogError, match=r"\(id_missing\). Fix: .* catalog\.fields\.id in"):
            await catalog(tmp_path, text, shop.url).changes(None)


@pytest.mark.parametrize(("count", "told"), [(9, ()), (10, ("in_stock_nowhere",))])
async def test_a_fact_that_no_product_of_a_page_has_is_told(
    count: int, told: tuple[str, ...], tmp_path: Path
) -> None:
    """Its path may be wrong. A few products may well be without it."""
    goods = [{"id": number, "name": "n", "price": "1.00"} for number in range(count)]
    async with platform(lambda _: says({"rows": goods})) as shop:
        page = await catalog(tmp_path, ONE, shop.url).changes(None)
        assert (len(page.products), page.skipped) == (count, told)
        goods[3]["stock"] = "maybe"  # it stands there, and cannot be read
        page = await catalog(tmp_path, ONE, shop.url).changes(None)
        assert page.skipped == ("in_stock_of_wrong_type",)


async def test_a_product_as_the_core_knows_it(tmp_path: Path) -> None:
    document = {
        "v": {"code": 7, "t": {"en": "Saw"}, "cats": [{"s": "a"}, {"s": "b"}], "q": 0},
        "p": 124910,
    }
    text = ONE.partition("fields")[0].replace('items = "rows"\n', "") + (
        'item_root = "one"\nprice_decimals = 2\nfields = { id = "v.code", name = "v.t.en", '
        'categories = "v.cats[].s", price = "p", currency = "\'chf\'", in_stock = "v.q" }\n'
    )

    def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/404"):
            return web.Response(status=404)
        return says([document] if request.path == "/api/items" else {"one": document})

    wanted = Product("7", "Saw", ("a", "b"), "1249.10", "CHF", in_stock=False)
    async with platform(answer) as shop:
        found = catalog(tmp_path, text, shop.url)
        assert (await found.changes(None)).products == (wanted,)
        assert await found.get(["7", "404", "..", "a/b?c", "\x00"]) == [wanted, wanted]
        assert shop.asked[-1] == "/api/items/a%2Fb%3Fc"
        assert await catalog(tmp_path, text, shop.url + "/base").get(["7"]) == [wanted]
        assert shop.asked[-1] == "/base/api/items/7"


async def test_documents_of_their_own_tell_price_and_stock(tmp_path: Path) -> None:
    text = ONE + (
        '[[catalog.parts]]\npath = "/api/items/{id}/price"\nfields = { price = "gross" }\n'
        '[[catalog.parts]]\npath = "/api/items/{id}/stock"\nfields = { in_stock = "free > `0`" }\n'
    )

    def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/price"):
            return says({"gross": "9.99"})
        if request.path == "/api/items/1/stock":
            return web.Response(status=404)
        return says({"free": 0}) if request.path.endswith("/stock") else says({"rows": rows(0, 2)})

    async with platform(answer) as shop:
        page = await catalog(tmp_path, text, shop.url).changes(None)
    assert [(one.price, one.in_stock) for one in page.products] == [("9.99", False), ("9.99", None)]


@pytest.mark.parametrize(("status", "why"), [(500, "part_away"), (403, "part_refused")])
async def test_a_document_that_is_not_to_be_had_costs_its_facts_alone(
    status: int, why: str, tmp_path: Path
) -> None:
    """One product whose price fails for ever does not hold up the catalog."""
    text = ONE + (
        '[[catalog.parts]]\npath = "/api/items/{id}/price"\nfields = { price = "gross" }\n'
    )
    away = {"1"}

    def answer(request: web.Request) -> web.Response:
        if not request.path.endswith("/price"):
            return says({"rows": rows(0, 3)})
        hidden = request.path.split("/")[3] in away
        return web.Response(status=status) if hidden else says({"gross": "9.99"})

    async with platform(answer) as shop:
        found = catalog(tmp_path, text, shop.url)
        page = await found.changes(None)
        assert [one.price for one in page.products] == ["9.99", "1.10", "9.99"]
        assert page.skipped == (why,)
        away |= {"0", "2"}
        if status == 500:  # nobody's comes: the platform is away
            with pytest.raises(CatalogError, match="answered 500"):
                await found.changes(None)


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ('{ kind = "header", header = "X-Key", secret_env = "SHOP" }', "x-key", "s3"),
        (
            '{ kind = "header", header = "Authorization", prefix = "Token ", secret_env = "SHOP" }',
            "authorization",
            "Token s3",
        ),
        ('{ kind = "basic", user = "u", secret_env = "SHOP" }', "authorization", "Basic dTpzMw=="),
        ('{ kind = "bearer", secret_env = "SHOP" }', "authorization", "Bearer s3"),
    ],
)
async def test_who_we_are(
    auth: str, name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", "s3")
    async with platform(lambda _: says({"rows": []})) as shop:
        await catalog(tmp_path, f"auth = {auth}\n" + ONE, shop.url).changes(None)
        assert shop.headers[0][name] == value


@pytest.mark.parametrize("client_auth", ["post", "basic"])
async def test_one_token_until_it_is_refused(
    client_auth: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # R37
    monkeypatch.setenv("SHOP", "s3")
    forms: list[dict[str, object]] = []
    good = ["t1"]

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/token":
            forms.append({**await request.post(), "auth": request.headers.get("Authorization")})
            return says({"access_token": good[0], "token_type": "Bearer", "expires_in": 3600})
        authorized = request.headers.get("Authorization") == f"Bearer {good[0]}"
        return says({"rows": rows(0)}) if authorized else web.Response(status=401)

    async with platform(answer) as shop:
        auth = (
            f'auth = {{ kind = "oauth", token_url = "{shop.url}/token", client_id = "c", '
            f'scope = "read", secret_env = "SHOP", client_auth = "{client_auth}" }}\n'
        )
        found = catalog(tmp_path, auth + ONE, shop.url)
        for _ in range(3):
            assert len((await found.changes(None)).products) == 3
        assert len(forms) == 1
        assert (forms[0]["grant_type"], forms[0]["scope"]) == ("client_credentials", "read")
        assert (forms[0]["auth"] is None) == (client_auth == "post")
        assert forms[0].get("client_secret") == ("s3" if client_auth == "post" else None)
        good[0] = "t2"
        assert len((await found.changes(None)).products) == 3
        assert len(forms) == 2


@pytest.mark.parametrize(
    ("life", "asked"), [("3600", 1), (None, 1), (0, 3), (-5, 3), (1e12, 1), ("0.0", 3)]
)
async def test_a_tokens_life_as_servers_write_it(
    life: object, asked: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", "s3")

    def answer(request: web.Request) -> web.Response:
        if request.path == "/token":
            return says({"access_token": "t", "expires_in": life})
        return says({"rows": rows(0)})

    async with platform(answer) as shop:
        found = catalog(tmp_path, oauth(shop.url) + ONE, shop.url)
        for _ in range(3):
            await found.changes(None)
        assert shop.asked.count("/token") == asked


async def test_a_token_server_that_is_away_is_not_taken_for_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", "s3")
    away = {"Retry-After": "60"}
    async with platform(lambda _: web.Response(status=503, headers=away)) as shop:
        with pytest.raises(CatalogError, match=r"^the authorization server answered 503") as caught:
            await catalog(tmp_path, oauth(shop.url) + ONE, shop.url).changes(None)
    assert caught.value.after_s == 60
    assert shop.asked == ["/token"]


async def test_a_client_is_encoded_before_it_is_basic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # RFC 6749 section 2.3.1
    monkeypatch.setenv("SHOP", "a:b%c d")
    async with platform(lambda _: says({"access_token": "t", "rows": []})) as shop:
        auth = oauth(shop.url).replace('"c"', '"x:y"').replace(" }", ', client_auth = "basic" }')
        await catalog(tmp_path, auth + ONE, shop.url).changes(None)
        told = base64.b64decode(shop.headers[0]["authorization"].removeprefix("Basic "))
    assert told == b"x%3Ay:a%3Ab%25c+d"


def oauth(url: str) -> str:
    """A mapping's line for a token server there."""
    return (
        f'auth = {{ kind = "oauth", token_url = "{url}/token", client_id = "c", '
        'secret_env = "SHOP" }\n'
    )


async def test_a_key_that_is_refused_names_the_fix(tmp_path: Path) -> None:
    async with platform(lambda _: web.Response(status=403)) as shop:
        with pytest.raises(CatalogError, match=r"refuses us \(403\). Fix: correct auth in .*toml"):
            await catalog(tmp_path, ONE, shop.url).changes(None)


async def test_a_platform_that_stumbles_is_asked_again(tmp_path: Path) -> None:
    answers = iter([web.Response(status=503), says({"rows": rows(0)})])
    async with platform(lambda _: next(answers)) as shop:
        assert len((await catalog(tmp_path, ONE, shop.url).changes(None)).products) == 3


async def test_a_whole_walk_forgets_what_is_gone(tmp_path: Path) -> None:
    goods = [{"id": "a"}, {"id": "b"}]
    async with platform(lambda _: says({"rows": goods})) as shop:
        found, index = catalog(tmp_path, ONE, shop.url), CatalogIndex()
        await index.sync("lab", found)
        goods.pop()
        await index.sync("lab", found)
        assert index.count("lab") == 1
