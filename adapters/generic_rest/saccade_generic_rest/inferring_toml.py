"""A proposal as a mapping file: what is doubtful is marked where it stands."""

import json
from collections.abc import Iterator

from saccade_generic_rest.inferring_proposal import Guess, Proposal

_EMPTY_IS_LEFT_OUT = frozenset({"catalog.items", "catalog.item_root"})
_DEFAULTS = {"first": "1", "price_decimals": "0", "value_decimals": "0"}
"""Of what is a number; said only where it is otherwise."""
_WIDEST = 100
_VARIABLE = 'secret_env = "SHOP_SECRET"'
_AUTH = {"basic": 'user = "CHANGE_ME"', "oauth": 'client_id = "CHANGE_ME"'}


def written(proposal: Proposal) -> str:
    """The text of ``mapping.toml``."""
    return "\n".join(_lines(proposal)) + "\n"


def _lines(proposal: Proposal) -> Iterator[str]:
    keys = {guess.key: guess for guess in proposal.guesses}
    yield f"paths = [{json.dumps(proposal.value('paths'))}]{_mark(keys['paths'])}"
    auth = proposal.value("auth.kind")
    if auth != "none":
        yield ""
        yield "[auth]"
        yield from _table(keys, "auth.")
        yield _VARIABLE
        if auth in _AUTH:
            yield _AUTH[auth]
    yield ""
    yield "[catalog]"
    for name in ("list", "items", "item", "item_root", "price_decimals"):
        yield from _key(keys, f"catalog.{name}", name)
    yield from _inner(keys, "catalog.pages.", "pages")
    yield from _inner(keys, "catalog.fields.", "fields")
    yield from _parts(keys)
    yield ""
    for moment in ("product", "listing"):
        if f"pages.{moment}" not in keys:
            continue
        yield "[[pages]]"
        yield from _key(keys, f"pages.{moment}", "call")
        yield f'moment = "{moment}"'
    yield from _seen(proposal, keys)


def _seen(proposal: Proposal, keys: dict[str, Guess]) -> Iterator[str]:
    for kind, event in (("order", "order_placed"), ("add", "add_to_cart")):
        if proposal.value(f"seen.{kind}.call"):
            yield ""
            yield "[[seen]]"
            yield f'kind = "{event}"'
            yield from _table(keys, f"seen.{kind}.")
    if not proposal.value("seen.order.call"):
        yield ""
        yield "# [[seen]]: no call that places an order was found   # doubtful"


def _parts(keys: dict[str, Guess]) -> Iterator[str]:
    number = 0
    while f"catalog.parts.{number}.path" in keys:
        yield ""
        yield "[[catalog.parts]]"
        yield from _key(keys, f"catalog.parts.{number}.path", "path")
        yield from _inner(keys, f"catalog.parts.{number}.fields.", "fields")
        number += 1


def _inner(keys: dict[str, Guess], prefix: str, name: str) -> Iterator[str]:
    """A table within another: on one line, or a line for each key where there is a doubt."""
    short = list(_table(keys, prefix))
    line = f"{name} = {{ {', '.join(short)} }}"
    if len(line) <= _WIDEST and not any("#" in one for one in short):
        yield line
    else:
        yield from _table(keys, prefix, f"{name}.")


def _table(keys: dict[str, Guess], prefix: str, before: str = "") -> Iterator[str]:
    for key in keys:
        name = key.removeprefix(prefix)
        if name != key and "." not in name:
            yield from _key(keys, key, before + name)


def _key(keys: dict[str, Guess], key: str, name: str) -> Iterator[str]:
    guess = keys.get(key)
    if guess is None or (not guess.value and key in _EMPTY_IS_LEFT_OUT):
        return
    if not guess.value:
        yield from [f"# {name} = ?{_mark(guess)}"] if guess.doubtful else []
        return
    default = _DEFAULTS.get(name.rpartition(".")[2])
    if default == guess.value and not guess.doubtful:
        return
    yield f"{name} = {json.dumps(guess.value) if default is None else guess.value}{_mark(guess)}"


def _mark(guess: Guess) -> str:
    if not guess.doubtful:
        return ""
    others = f"; or {', '.join(guess.others)}" if guess.others else ""
    return f"   # doubtful ({guess.confidence:.0%}){others}"
