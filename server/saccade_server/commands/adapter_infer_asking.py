"""The questions of ``saccade adapter infer``: about doubts alone, each until its answer will do."""

import tomllib
from collections.abc import Mapping

import typer
from rich.console import Console
from rich.markup import escape

from saccade.strict import ConfigurationError
from saccade_generic_rest.inferring_proposal import Guess, Proposal
from saccade_generic_rest.inferring_toml import written
from saccade_generic_rest.reading import checked

_ABOUT: Mapping[str, str] = {
    "paths": "the folder all of the shop's calls are in",
    "auth.kind": "how the server says who it is: none, header, basic, bearer or oauth",
    "catalog.list": "the path that lists products",
    "catalog.items": "where in its answer the list stands",
    "catalog.pages.kind": "how the list is paged: none, page, offset, cursor, next or link",
    "catalog.item": "the path of one product, {id} for its id",
    "catalog.item_root": "where in its answer the product stands",
    "catalog.price_decimals": "2 where prices are told in cents",
    "pages.product": "the call whose answer is a product's page",
    "pages.listing": "the call whose answer is a list's page",
    "seen.order.call": "the call that places an order",
    "seen.order.value_decimals": "2 where its value is told in cents",
    "reference": "where the order's number stands",
    "value": "where what was paid stands",
    "id": "where a product's id stands",
    "name": "where its name stands",
    "price": "where its price stands",
    "currency": "where the currency stands; a shop with one writes it as 'EUR'",
    "in_stock": "where it is told whether, or how many, there are",
    "categories": "where its categories stand",
}
"""By the key, or by its last name."""

_AS_WELL: Mapping[str, tuple[str, str]] = {
    "header": ("auth.header", "auth.header: the name of that header"),
    "oauth": ("auth.token_url", "auth.token_url: where tokens are given"),
}
"""What a kind of authentication wants to know besides."""


_DIGITS: Mapping[str, str] = {
    "catalog.fields.price": "catalog.price_decimals",
    "seen.order.value": "seen.order.value_decimals",
}
"""What tells whether an amount is in cents, by the amount's key."""


def ask(console: Console, proposal: Proposal) -> None:
    """Return takes the best guess; an answer that makes no mapping is asked for again."""
    doubts = [one for one in proposal.guesses if one.doubtful]
    for guess in doubts:
        _asked(console, proposal, guess)
        digits = _DIGITS.get(guess.key)
        if digits is None or any(one.key == digits for one in doubts):
            continue
        if proposal.value(guess.key) not in {"", guess.value}:  # nobody guessed about this amount
            found = [proposal.value(one) for one in (digits, *_DIGITS.values())]
            proposal.forget(digits)
            proposal.add(digits, next(filter(None, found), "0"), 0.5)
            _asked(console, proposal, proposal.guesses[-1])


def _asked(console: Console, proposal: Proposal, guess: Guess) -> None:
    while True:
        answer = typer.prompt(_question(guess), default=guess.value, show_default=False)
        proposal.replace(guess.key, answer.strip())
        if guess.key == "auth.kind" and answer in _AS_WELL and not _known(proposal, answer):
            key, question = _AS_WELL[answer]
            proposal.add(key, typer.prompt(question).strip(), 1.0)
        try:
            checked("mapping.toml", tomllib.loads(written(proposal)))
            break
        except (ConfigurationError, tomllib.TOMLDecodeError) as error:
            console.print(f"[red]{escape(str(error))}[/]")
            proposal.forget(_AS_WELL[answer][0] if answer in _AS_WELL else "")


def _known(proposal: Proposal, kind: str) -> bool:
    return bool(proposal.value(_AS_WELL[kind][0]))


def _question(guess: Guess) -> str:
    about = _ABOUT.get(guess.key) or _ABOUT.get(guess.key.rpartition(".")[2], "")
    said = f"{guess.key} ({about})" if about else guess.key
    others = f", or {', '.join(guess.others)}" if guess.others else ""
    best = f"{guess.value} is {guess.confidence:.0%} sure{others}" if guess.value else "not found"
    taken = guess.value or "none"
    return f"{said}\n  {best}; Return takes {taken}"
