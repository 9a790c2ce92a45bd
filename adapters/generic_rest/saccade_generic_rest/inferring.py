"""A mapping proposed from an OpenAPI document or from recorded calls, a confidence for each key.

Names, types and values speak for a guess, and another that fits as well speaks against it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import unquote

from saccade_generic_rest.inferring_calls import (
    CHANGING,
    FACTS,
    Listed,
    fills_a_cart,
    item_of,
    listed,
    order_likeness,
)
from saccade_generic_rest.inferring_exchanges import PARAMETER, Evidence, Exchange, made_up
from saccade_generic_rest.inferring_pages import paged
from saccade_generic_rest.inferring_proposal import SURE, Proposal
from saccade_generic_rest.inferring_words import Leaf, fit, kind, leaves, leaves_of_lists, words
from saccade_generic_rest.paths import Json, rows, table

_NEAR = 0.12
"""So close to the best, another fits as well."""
_PLAIN = re.compile(r"[A-Za-z0-9 _-]+")
_OF_IDS = "tidc"
_OF_GOODS = frozenset({"product", "article", "item"})
"""Words that a product's own id need not say: ``{product_id}`` is its ``id``."""
_MINOR = frozenset({"cents", "minor", "pence"})


class NothingFoundError(ValueError):
    """The evidence holds no list of products."""


def propose(evidence: Evidence) -> Proposal:
    """Raises `NothingFoundError`."""
    lists = sorted(listed(evidence.exchanges), key=lambda one: (-one.score, len(one.exchange.path)))
    if not lists or lists[0].score <= 0:
        raise NothingFoundError("no GET answers with a list of products")
    found, proposal = lists[0], Proposal()
    own = found.exchange.path.rstrip("/")
    # What is below it, such as the products on offer, is a part of it.
    others = [one for one in lists if not f"{one.exchange.path.rstrip('/')}/".startswith(f"{own}/")]
    rival = others[0].score if others else 0.0
    sure = min(0.95, 0.6 + found.score / 4) if found.score - rival > _NEAR else 0.5
    item = item_of(evidence.exchanges, found)
    seen = [exchange for exchange in evidence.exchanges if exchange.method in CHANGING]
    paths = [
        found.exchange.path,
        *(one.path for one in seen if order_likeness(one) or fills_a_cart(one)),
    ]
    proposal.add("paths", _folder(paths), 0.9)
    _add_auth(proposal, evidence)
    proposal.add("catalog.list", found.exchange.path, sure)
    proposal.add("catalog.items", found.items, 0.95 if found.rows else 0.5)
    for key, value, confidence in paged(found.exchange, found.items, found.rows):
        proposal.add(key, value, confidence)
    _add_item(proposal, found, item)
    _add_fields(proposal, evidence.exchanges, found, item)
    _add_pages(proposal, found, item)
    if sure < SURE:  # what is read of another list would be something else
        proposal.doubt(("catalog.", "pages."), sure)
    _add_seen(proposal, seen)
    _agree(proposal, ("catalog.price_decimals", "seen.order.value_decimals"))
    return proposal


def _agree(proposal: Proposal, keys: tuple[str, str]) -> None:
    """A platform tells all amounts in cents, or none: where one is, a doubt about another is."""
    both = [guess for guess in proposal.guesses if guess.key in keys]
    if {guess.value for guess in both} == {"0", "2"}:
        for guess in both:
            if guess.doubtful and guess.value == "0":
                proposal.correct(guess.key, "2")


def _add_auth(proposal: Proposal, evidence: Evidence) -> None:
    kinds = [told.partition(":")[0] for told in evidence.auth]
    for told in evidence.auth[:1]:
        name, _, detail = told.partition(":")
        if name not in {"header", "basic", "bearer", "oauth"}:
            break
        proposal.add("auth.kind", name, 0.8 if len(kinds) == 1 else 0.6, kinds[1:])
        if name == "header":
            proposal.add("auth.header", detail, 0.9)
        elif name == "oauth":
            proposal.add("auth.token_url", detail, 0.9)
        return
    proposal.add("auth.kind", "none", 0.5)


def _add_item(proposal: Proposal, found: Listed, item: Exchange | None) -> None:
    if item is None:
        slash = "/" if found.exchange.path.endswith("/") else ""
        proposal.add("catalog.item", f"{found.exchange.path.rstrip('/')}/{{id}}{slash}", 0.5)
        proposal.add("catalog.item_root", "", 0.4)
        return
    proposal.add("catalog.item", PARAMETER.sub("{id}", item.path), 0.95)
    wanted = set(table(found.rows[0]) or {}) if found.rows else set[str]()
    body = table(item.body) or {}
    roots = {"": len(wanted & set(body))}
    roots |= {name: len(wanted & set(table(one) or {})) for name, one in body.items()}
    best = max(roots, key=lambda name: roots[name])
    proposal.add("catalog.item_root", best, 0.95 if roots[best] else 0.4)


def _add_fields(
    proposal: Proposal, exchanges: Sequence[Exchange], found: Listed, item: Exchange | None
) -> None:
    row: Json = found.rows[0] if found.rows else {}
    every = list(leaves_of_lists(row))
    named = _named_in(found, item)
    if not _add_best(proposal, "catalog.fields.id", "id", list(leaves(row)), named):
        _add_nothing(proposal, "catalog.fields.id")
    if not named:  # by which of its ids a product is asked for, no call tells
        proposal.doubt(("catalog.fields.id",), 0.6)
    missing: list[str] = [
        fact for fact in FACTS if not _add_best(proposal, f"catalog.fields.{fact}", fact, every)
    ]
    price = proposal.value("catalog.fields.price")
    _add_decimals(proposal, "catalog.price_decimals", price, every)
    for number, part in enumerate(_parts(proposal, exchanges, item, missing)):
        for guess in part.guesses:
            proposal.guesses.append(replace(guess, key=f"catalog.parts.{number}.{guess.key}"))
            if guess.key.startswith("fields."):
                missing.remove(guess.key.removeprefix("fields."))
    for fact in missing:
        _add_nothing(proposal, f"catalog.fields.{fact}")


def _parts(
    proposal: Proposal, exchanges: Sequence[Exchange], item: Exchange | None, missing: list[str]
) -> Iterator[Proposal]:
    """Documents about a product beside the list: what stands below its path, and its own.

    ``missing`` is read anew for each: what one tells is not looked for in the next.
    """
    if item is None:
        return
    inside = proposal.value("catalog.item_root")
    own = (table(item.body) or {}).get(inside) if inside else item.body
    below = [one for one in exchanges if one.method == "GET" and _is_below(one, item)]
    told = [(one.path, one.body, "") for one in below] + [(item.path, own, inside)]
    for path, body, root in told:
        part = Proposal()
        prefix = f"{root}." if root else ""
        above = words(path.removeprefix(item.path.rstrip("/")))
        some = list(leaves(body, prefix, above))
        part.add("path", PARAMETER.sub("{id}", path), 0.85)
        if [fact for fact in missing if _add_best(part, f"fields.{fact}", fact, some)]:
            yield part


def _is_below(one: Exchange, item: Exchange) -> bool:
    start = item.path.rstrip("/") + "/"
    return one.path.startswith(start) and one.path != start


def _named_in(found: Listed, item: Exchange | None) -> frozenset[str]:
    """Places of the id by which a product is asked for, where a call or a parameter tells."""
    if item is None:
        return frozenset()
    if not item.target:
        name = (PARAMETER.findall(item.path) or [""])[-1].strip("{}")
        row: Json = found.rows[0] if found.rows else {}
        said = set(words(name)) - _OF_GOODS
        return frozenset(
            leaf.path
            for leaf in leaves(row)
            if leaf.path.lower() == name.lower()
            or (said and "." not in leaf.path and {*leaf.words} - _OF_GOODS == said)
        )
    asked = unquote(item.target.partition("?")[0].rstrip("/").rpartition("/")[2])
    documents = (*found.rows, item.body, *(table(item.body) or {}).values())
    return frozenset(
        leaf.path
        for document in documents
        for leaf in leaves(document)
        if isinstance(leaf.value, (str, int)) and str(leaf.value) == asked
    )


def _add_nothing(proposal: Proposal, key: str) -> None:
    """A fact that was looked for in vain: somebody may know where it stands."""
    proposal.add(key, "", 0.0)


def _add_best(
    proposal: Proposal,
    key: str,
    fact: str,
    every: Sequence[Leaf],
    named: frozenset[str] = frozenset(),
) -> bool:
    """The leaf that fits best, if any does; sure where no other does nearly as well."""
    scores: dict[str, float] = {}
    folder = _money(proposal, key) if fact == "currency" else ""
    for leaf in every:
        score = fit(fact, leaf)
        if folder and score and leaf.path.rpartition(".")[0] == folder:
            score += 0.2
        if leaf.path in named and kind(leaf.value) in _OF_IDS:
            score += 1.0
        elif named:
            score *= 0.5
        scores[leaf.path] = score
    ranked = sorted(scores, key=lambda path: scores[path], reverse=True)
    if not ranked or scores[ranked[0]] < 0.3:  # noqa: PLR2004 - less is no guess
        return False
    best = ranked[0]
    others = [path for path in ranked[1:4] if scores[best] - scores[path] < _NEAR]
    confidence = min(scores[best], 0.6 if others else 1.0)
    leaf = next(leaf for leaf in every if leaf.path == best)
    value, certain = _expression(fact, leaf)
    proposal.add(key, value, confidence * certain, others)
    return True


def _money(proposal: Proposal, key: str) -> str:
    """Where the amount stands whose currency is looked for: it is rarely told elsewhere."""
    table = key.rpartition(".")[0]
    amount = proposal.value(f"{table}.price") or proposal.value(f"{table}.value")
    return amount.rpartition(".")[0]


def _expression(fact: str, leaf: Leaf) -> tuple[str, float]:
    """The JMESPath of a leaf that is not the fact itself, and how far it can be trusted."""
    if fact == "categories" and leaf.path.endswith("[]"):
        below = [Leaf(*one) for one in leaves(leaf.value[0] if leaf.value else {})]
        best = max(below, key=lambda one: fit("id", one), default=None)
        return (f"{leaf.path}.{best.path}", 0.95) if best else (leaf.path, 0.5)
    if fact == "in_stock" and kind(leaf.value) == "t" and _PLAIN.fullmatch(leaf.value):
        return f"{leaf.path} == '{leaf.value}'", 0.6
    return leaf.path, 1.0


def _add_decimals(proposal: Proposal, key: str, path: str, every: Sequence[Leaf]) -> None:
    leaf = next((leaf for leaf in every if leaf.path == path), None)
    if leaf is None:
        return
    if _MINOR & {*leaf.words, *leaf.above}:
        proposal.add(key, "2", 0.9)
    elif kind(leaf.value) == "i":  # whole euros, or cents that do not say so
        cents = made_up(leaf.value) or leaf.value >= 1_000  # noqa: PLR2004 - few things cost this
        proposal.add(key, "2" if cents else "0", 0.5)
    else:
        proposal.add(key, "0", 0.95)


def _add_pages(proposal: Proposal, found: Listed, item: Exchange | None) -> None:
    path = proposal.value("catalog.item").replace("{id}", "{product}")
    proposal.add("pages.product", f"GET {path}", 0.95 if item else 0.5)
    if rows(found.exchange.body) is None:  # a list that is an array can carry nothing beside it
        proposal.add("pages.listing", f"GET {found.exchange.path}", 0.85)


def _add_seen(proposal: Proposal, seen: Sequence[Exchange]) -> None:
    orders = sorted(seen, key=order_likeness, reverse=True)
    if orders and order_likeness(orders[0]) > 0:
        best = orders[0]
        near = [
            _call(one) for one in orders[1:] if order_likeness(best) - order_likeness(one) < _NEAR
        ]
        sure = min(0.95, order_likeness(best)) if not near else 0.6
        proposal.add("seen.order.call", _call(best), sure, near)
        every = list(leaves(best.body))
        for fact in ("reference", "value", "currency"):
            if not _add_best(proposal, f"seen.order.{fact}", fact, every):
                _add_nothing(proposal, f"seen.order.{fact}")
        value = proposal.value("seen.order.value")
        _add_decimals(proposal, "seen.order.value_decimals", value, every)
    else:
        _add_nothing(proposal, "seen.order.call")
    filling = max(seen, key=fills_a_cart, default=None)
    if filling is not None and (sure := fills_a_cart(filling)):
        proposal.add("seen.add.call", _call(filling), sure)


def _call(exchange: Exchange) -> str:
    return f"{exchange.method} {PARAMETER.sub('{*}', exchange.path)}"


def _folder(paths: Sequence[str]) -> str:
    """The longest folder that all of them are in; the root where they have none in common."""
    parts = [path.rstrip("/").split("/")[1:-1] for path in paths]
    shared: list[str] = []
    for names in zip(*parts, strict=False):
        if len(set(names)) > 1 or "{" in names[0]:
            break
        shared.append(names[0])
    return "/" + "".join(f"{name}/" for name in shared)
