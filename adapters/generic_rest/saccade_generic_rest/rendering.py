"""The calls a mapping has decided, and the platform's JSON with an experience in it."""

import re
from urllib.parse import unquote

import msgspec

from saccade.domain import DecisionRequest, Experience, Moment, Op
from saccade.ports import Call, Capabilities, Target
from saccade_gateway.folders import leaves_its_folder
from saccade_gateway.splice import splice
from saccade_generic_rest.mapping import Carrier, ConsentTable, Mapping, PageCall
from saccade_generic_rest.settings import RestSettings
from saccade_generic_rest.templates import CallTemplate, is_id

_LANGUAGE = re.compile(r"[A-Za-z0-9_-]{1,35}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_encode = msgspec.json.Encoder().encode


AT_MOST = Capabilities(
    carriers=frozenset(carrier.value for carrier in Carrier),
    operations={moment: frozenset(Op) for moment in Moment},
)
"""Whatever the mapping."""


def capabilities(mapping: Mapping) -> Capabilities:
    """The moments of the calls that are decided; beside the pages, every one."""
    beside = mapping.carrier is Carrier.STANDALONE
    moments = set(Moment) if beside else {page.moment for page in mapping.pages}
    operations = {moment: frozenset(Op) for moment in Moment if moment in moments}
    return Capabilities(AT_MOST.carriers, operations)


class RestTargets:
    """Calls below the mapping's paths go where they went; others, by any spelling, nowhere."""

    def __init__(self, settings: RestSettings) -> None:
        self._paths = settings.mapping.paths

    def __call__(self, call: Call) -> Target | None:
        """`ports.Adapter.target`."""
        if not call.path.startswith(self._paths) or leaves_its_folder(call.path):
            return None
        return Target(call.path, call.query)


class RestRendering:
    """Calls that match a template are decided; every other call passes."""

    def __init__(self, settings: RestSettings) -> None:
        mapping = settings.mapping
        self._language, self._currency = (
            _query(name) for name in (mapping.language_query, mapping.currency_query)
        )
        self._key = settings.key
        beside = mapping.carrier is Carrier.STANDALONE
        self._pages = () if beside else tuple(_Page(page) for page in mapping.pages)
        self._consent = Consent(mapping.consent)

    def read(self, call: Call) -> DecisionRequest | None:
        """A shopper's GET that the mapping names; without an identity nothing is decided."""
        if call.identity is None or call.method != "GET":
            return None
        for page in self._pages:
            found = page.template.match(call)
            if found is not None:
                break
        else:
            return None
        subject = found.get("product") or _parameter(call.query, page.product_query)
        if subject is not None and not is_id(subject):
            return None
        return DecisionRequest(
            tenant=call.tenant,
            identity=call.identity,
            moment=page.moment,
            subject=subject,
            view=call.view,
            consent=self._consent.of(call),
            language=_matching(_LANGUAGE, call.query, self._language),
            currency=_matching(_CURRENCY, call.query, self._currency),
        )

    def merge(self, body: bytes, experience: Experience) -> bytes:
        """The platform's document with our key spliced in (R38)."""
        return splice(body, self._key, _encode(experience))


class Consent:
    """What a call says of the shopper's consent."""

    def __init__(self, table: ConsentTable | None) -> None:
        self._header = table.header.lower() if table and table.header else None
        self._cookie = _cookie(table.cookie) if table and table.cookie else None
        given = table.given if table else ()
        self._given = frozenset(value.casefold() for value in given)

    def of(self, call: Call) -> bool | None:
        """``None`` where it says nothing; what stands there and is no yes is a no."""
        said: str | None = None
        if self._header is not None:
            said = call.headers.get(self._header)
        elif self._cookie is not None:
            found = self._cookie.search(call.headers.get("cookie", ""))
            said = unquote(found[1]).strip('"') if found else None
        return None if said is None else said.strip().casefold() in self._given


class _Page:
    def __init__(self, page: PageCall) -> None:
        self.template = CallTemplate(page.call)
        self.moment = page.moment
        self.product_query = _query(page.product_query)


def _query(name: str | None) -> re.Pattern[str] | None:
    return None if name is None else re.compile(rf"(?:^|&){re.escape(name)}=([^&]*)")


def _cookie(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|;)\s*{re.escape(name)}=([^;]*)")


def _parameter(query: str, name: re.Pattern[str] | None) -> str | None:
    found = None if name is None else name.search(query)
    return unquote(found[1].replace("+", " ")) if found else None


def _matching(form: re.Pattern[str], query: str, name: re.Pattern[str] | None) -> str | None:
    said = _parameter(query, name)
    return said if said is not None and form.fullmatch(said) else None
