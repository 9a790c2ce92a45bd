"""A campaign in every language and currency it is written in, made ready before anybody asks (R90).

A parameter may be a table. By language, it is a text: ``text.de``, ``text.en``, ``text.default``.
By currency, it is an amount: ``amount.EUR = "10.00"``. A text says another parameter as ``{name}``.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from saccade.domain import Frozen
from saccade.money import AMOUNT, CURRENCY, chain, formatted
from saccade.parameters import Plain, TemplateError
from saccade.templates import Instructions, rendered

Table = Mapping[str, str | int]
Written = Mapping[str, Plain | Table]

DEFAULT = "default"
"""The text of whoever reads none of the languages there are."""

LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}\Z")
_PLACE = re.compile(r"\{([a-z_]+)\}")


def language_said(tag: str | None) -> str | None:
    """What a page calls its language, or ``None`` where that is none."""
    return tag if tag and LANGUAGE.match(tag) else None


def currency_said(code: str | None) -> str | None:
    """What a page calls its currency, or ``None`` where that is none."""
    return code if code and CURRENCY.match(code) else None


class Reading(NamedTuple):
    """What pages that say nothing are read in."""

    language: str
    currency: str | None


class Wordings(Frozen, frozen=True):
    """An action's instructions by language and currency; ``""`` where there is no choice."""

    variants: Mapping[tuple[str, str], Instructions]
    languages: frozenset[str]
    currencies: frozenset[str]
    currency: str
    """The one of a request that names none."""

    def of(self, language: str | None, currency: str | None) -> Instructions | None:
        """The instructions in the nearest language.

        ``None`` where its amounts are not stated in the currency: another's would be a lie.
        """
        paid = (currency or self.currency) if self.currencies else ""
        if self.currencies and paid not in self.currencies:
            return None
        read = ""
        if language and self.languages:
            read = next((tag for tag in chain(language) if tag in self.languages), "")
        return self.variants[read, paid]


def wordings(template: str, slot: str, written: Written, reading: Reading) -> Wordings:
    """Every variant of a campaign. Raises `TemplateError` for the first that cannot be told."""
    texts = {name: table for name, table in _tables(written).items() if _is_text(name, table)}
    amounts = {name: table for name, table in _tables(written).items() if name not in texts}
    languages = {tag.lower() for table in texts.values() for tag in table} - {DEFAULT}
    currencies = _currencies(amounts)
    if len(currencies) > 1 and reading.currency is None:
        raise TemplateError(
            next(iter(amounts)),
            "is stated in several currencies, and pages that name none have none",
            'add currency = "…" to [site] in tenant.toml',
        )
    variants = {
        (tag, currency): rendered(template, slot, *_told(written, tag, currency, reading))
        for tag in ("", *sorted(languages))
        for currency in (sorted(currencies) or ("",))
    }
    own = reading.currency or next(iter(currencies), "")
    return Wordings(variants, frozenset(languages), frozenset(currencies), own)


def _told(
    written: Written, tag: str, currency: str, reading: Reading
) -> tuple[dict[str, Plain], frozenset[str]]:
    """The parameters of one variant, texts filled in; and the names that went into texts."""
    flat: dict[str, Plain] = {}
    for name, value in written.items():
        if not isinstance(value, Mapping):
            flat[name] = value
        elif _is_text(name, value):
            flat[name] = _text(name, value, tag, reading.language)
        else:
            flat[name] = formatted(str(value[currency]), currency, tag or reading.language)
    used: set[str] = set()

    def filled(name: str, text: str) -> str:
        def put(place: re.Match[str]) -> str:
            if place[1] not in flat:
                raise TemplateError(name, f"{place[0]} is no parameter", f"add {place[1]}")
            used.add(place[1])
            return str(flat[place[1]])

        return _PLACE.sub(put, text)

    texts = {name: filled(name, text) for name, text in flat.items() if isinstance(text, str)}
    return {**flat, **texts}, frozenset(used)


def _text(name: str, table: Table, tag: str, own: str) -> str:
    by_tag = {key.lower(): text for key, text in table.items()}
    wanted = (*(chain(tag) if tag else ()), DEFAULT, *chain(own))
    found = next((by_tag[key] for key in wanted if key in by_tag), None)
    if found is None:
        raise TemplateError(
            name,
            f"says nothing to those who read none of {', '.join(sorted(by_tag))}",
            f"add {name}.default, or {name}.{own.lower()}, the language of [site]",
        )
    if not isinstance(found, str):
        raise TemplateError(name, f"{found!r} is no text", "write it as text")
    return found


def _tables(written: Written) -> dict[str, Table]:
    return {name: value for name, value in written.items() if isinstance(value, Mapping)}


def _is_text(name: str, table: Table) -> bool:
    """Whether a table is one of texts; else it is one of amounts."""
    if table and all(CURRENCY.match(key) for key in table):
        for currency, amount in table.items():
            if isinstance(amount, bool) or not AMOUNT.match(str(amount)):
                raise TemplateError(
                    f"{name}.{currency}", f"{amount!r} is no amount", 'write it as "10.00"'
                )
        return False
    for key in table:
        if key != DEFAULT and (not LANGUAGE.match(key) or CURRENCY.match(key)):
            raise TemplateError(
                f"{name}.{key}",
                "is neither a language nor a currency",
                "name languages (de, en-GB, default) or currencies (EUR), not both",
            )
    if not table:
        raise TemplateError(name, "is an empty table", f"add {name}.default")
    return True


def _currencies(amounts: Mapping[str, Table]) -> set[str]:
    found: set[str] = set()
    for name, table in amounts.items():
        if found and found != set(table):
            missing = ", ".join(sorted(found ^ set(table)))
            raise TemplateError(
                name, f"is not stated in the same currencies ({missing})", "add what is missing"
            )
        found |= set(table)
    return found
