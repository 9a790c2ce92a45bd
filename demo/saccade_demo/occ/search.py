"""Product search: free text and category, sorting, facets, pages; and suggestions."""

from collections import Counter
from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

import msgspec

from saccade.domain import JsonObject
from saccade_demo.catalog import Catalog

SORTS: dict[str, tuple[str, Callable[[JsonObject], Any], bool]] = {
    "relevance": ("Relevance", lambda _: 0, False),
    "topRated": ("Top rated", lambda product: product["averageRating"], True),
    "name-asc": ("Name (ascending)", lambda product: product["name"], False),
    "name-desc": ("Name (descending)", lambda product: product["name"], True),
    "price-asc": ("Price (lowest first)", lambda product: product["price"]["value"], False),
    "price-desc": ("Price (highest first)", lambda product: product["price"]["value"], True),
}
"""Code to name, key and whether it descends. Any: keys of one sort compare with one another."""

LARGEST_PAGE = 100
_FACETS = (("category", "Category", 0), ("brand", "Brand", 1))


class Query(msgspec.Struct, frozen=True):
    """``text:sort:facet:value:facet:value…`` as OCC writes a search state."""

    text: str = ""
    sort: str = "relevance"
    facets: tuple[tuple[str, str], ...] = ()

    @property
    def value(self) -> str:
        """The same, written again."""
        return ":".join((self.text, self.sort, *(part for facet in self.facets for part in facet)))


def read_query(raw: str, sort: str) -> Query:
    """A search state; ``sort`` wins where it is given, an unknown one means relevance."""
    text, _, rest = raw.partition(":")
    parts = rest.split(":") if rest else []
    chosen = sort or (parts[0] if parts else "")
    facets = tuple(zip(parts[1::2], parts[2::2], strict=False))
    return Query(text.strip(), chosen if chosen in SORTS else "relevance", facets)


def search(catalog: Catalog, query: Query, page: int, size: int) -> JsonObject:
    """One page of results; a page past the end is empty, as in OCC."""
    found = [product for product in _mixed(catalog) if _matches(product, query)]
    _, key, descending = SORTS[query.sort]
    found.sort(key=key, reverse=descending)
    size = min(size, LARGEST_PAGE)
    return {
        "breadcrumbs": _breadcrumbs(catalog, query),
        "currentQuery": _link(query),
        "facets": [_facet(catalog, query, found, *facet) for facet in _FACETS],
        "freeTextSearch": query.text,
        "pagination": {
            "currentPage": page,
            "pageSize": size,
            "sort": query.sort,
            "totalPages": ceil(len(found) / size),
            "totalResults": len(found),
        },
        "products": found[page * size : (page + 1) * size],
        "sorts": [
            {"code": code, "name": name, "selected": code == query.sort}
            for code, (name, _, _) in SORTS.items()
        ],
        "type": "productCategorySearchPageWsDTO",
    }


def suggestions(catalog: Catalog, term: str, most: int) -> JsonObject:
    """Words of product and category names that begin with ``term``, the commonest first."""
    start = term.strip().lower()
    words: Counter[str] = Counter(
        word
        for product in catalog.products.values()
        for word in _words(product)
        if start and word.startswith(start)
    )
    ranked = sorted(words, key=lambda word: (-words[word], word))
    return {"suggestions": [{"value": word} for word in ranked[:most]]}


def _mixed(catalog: Catalog) -> list[JsonObject]:
    """The first of every category, then the second of each: what relevance means without words."""
    place: Counter[str] = Counter()
    ranked: list[tuple[int, JsonObject]] = []
    for product in catalog.products.values():
        category = product["categories"][0]["code"]
        ranked.append((place[category], product))
        place[category] += 1
    return [product for _, product in sorted(ranked, key=lambda pair: pair[0])]


def _words(product: JsonObject) -> set[str]:
    names = (product["name"], *(category["name"] for category in product["categories"]))
    return {word for name in names for word in str(name).lower().split()}


def _matches(product: JsonObject, query: Query) -> bool:
    codes = {category["code"] for category in product["categories"]}
    for facet, value in query.facets:
        if facet in {"category", "allCategories"} and value not in codes:
            return False
        if facet == "brand" and f"brand-{value.lower()}" not in codes:
            return False
    text = f"{product['name']} {product['summary']} {' '.join(_words(product))} {product['code']}"
    return all(word in text.lower() for word in query.text.lower().split())


def _link(query: Query) -> JsonObject:
    return {"query": {"value": query.value}, "url": f"/search?q={query.value}"}


def _breadcrumbs(catalog: Catalog, query: Query) -> list[JsonObject]:
    return [
        {
            "facetCode": facet,
            "facetName": facet.capitalize(),
            "facetValueCode": value,
            "facetValueName": _name(catalog, value),
        }
        for facet, value in query.facets
    ]


def _name(catalog: Catalog, value: str) -> str:
    category = catalog.categories.get(value)
    return category.name if category else value


def _facet(
    catalog: Catalog,
    query: Query,
    found: Sequence[JsonObject],
    code: str,
    name: str,
    place: int,
) -> JsonObject:
    """``place`` says which of a product's two categories counts: its kind or its brand."""
    counts = Counter(product["categories"][place]["code"] for product in found)
    values: list[JsonObject] = []
    for value, count in counts.most_common():
        bare = str(value).removeprefix("brand-")
        selected = (code, bare) in query.facets
        facets = query.facets if selected else (*query.facets, (code, bare))
        values.append(
            {
                "count": count,
                "name": _name(catalog, bare) if place == 0 else bare.capitalize(),
                "query": _link(Query(query.text, query.sort, facets)),
                "selected": selected,
            }
        )
    return {
        "category": place == 0,
        "multiSelect": False,
        "name": name,
        "priority": 100 - place,
        "values": values,
        "visible": True,
    }
