"""Bugs an integrator might write, each planted into a good adapter, by the check meant for it."""

import contextlib
import json
import re
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from saccade.catalog import CatalogError
from saccade.deliveries import CatalogPage, Delivery, Fact, Label, Refetch
from saccade.domain import DecisionRequest, Event, Experience, Identity, Product, Served
from saccade.ports import Adapter, AdapterFactory, Call, Target
from saccade.tenants import Tenant

Change = Callable[[Adapter, Tenant], Adapter]


@dataclass
class Planted:
    """A factory whose adapters have been tampered with."""

    inner: AdapterFactory
    change: Change
    identifies: Callable[[Delivery], str | None] | None = None
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """It goes by the good one's name."""
        self.name = self.inner.name

    def identify(self, delivery: Delivery) -> str | None:
        """As the good one, unless that is where the bug is."""
        return (self.identifies or self.inner.identify)(delivery)

    def build(self, tenant: Tenant) -> Adapter:
        """A good adapter, tampered with."""
        return self.change(self.inner.build(tenant), tenant)


Read = Callable[[Call], DecisionRequest | None]


class Rendering:
    """A good one, its functions wrapped."""

    def __init__(
        self,
        adapter: Adapter,
        read: Callable[[Read, Call], DecisionRequest | None] | None = None,
        merge: Callable[[bytes, bytes, Experience], bytes] | None = None,
    ) -> None:
        self._inner, self._read, self._merge = adapter.rendering, read, merge

    def read(self, call: Call) -> DecisionRequest | None:
        """``read`` is given the good function and the call."""
        inner = self._inner.read
        return inner(call) if self._read is None else self._read(inner, call)

    def merge(self, body: bytes, experience: Experience) -> bytes:
        """``merge`` is given the body, and what a good adapter made of it."""
        merged = self._inner.merge(body, experience)
        return merged if self._merge is None else self._merge(body, merged, experience)


class Events:
    """A good one; subclasses hold the bugs."""

    def __init__(self, adapter: Adapter) -> None:
        self.inner = adapter.events

    def verify(self, delivery: Delivery) -> bool:
        """As it should be."""
        return self.inner.verify(delivery)

    def label(self, delivery: Delivery) -> Label:
        """As it should be."""
        return self.inner.label(delivery)

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        """As it should be."""
        return self.inner.translate(delivery)

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """As it should be."""
        return self.inner.observe(call, status, body)


class Catalog:
    """A good one; subclasses hold the bugs."""

    def __init__(self, adapter: Adapter) -> None:
        self.inner = adapter.catalog

    async def changes(self, cursor: str | None) -> CatalogPage:
        """As it should be."""
        return await self.inner.changes(cursor)

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """As it should be."""
        return await self.inner.get(ids)


def rendering(**wrapped: Any) -> Change:  # Any: as `Rendering` takes them
    """A change of the rendering alone."""
    return lambda adapter, _: msgspec.structs.replace(
        adapter, rendering=Rendering(adapter, **wrapped)
    )


def events(kind: type[Events]) -> Change:
    """A change of the events alone."""
    return lambda adapter, _: msgspec.structs.replace(adapter, events=kind(adapter))


def catalog(kind: type[Catalog]) -> Change:
    """A change of the catalog alone."""
    return lambda adapter, _: msgspec.structs.replace(adapter, catalog=kind(adapter))


def replaced(request: DecisionRequest | None, **facts: Any) -> DecisionRequest | None:
    """A request with other facts."""
    return None if request is None else msgspec.structs.replace(request, **facts)


# --- calls ------------------------------------------------------------------------------------


def somebody_else(read: Read, call: Call) -> DecisionRequest | None:
    """One identity for all, found at start-up."""
    return replaced(read(call), identity=Identity("everybody", "everybody"))


def decides_for_nobody(read: Read, call: Call) -> DecisionRequest | None:
    """A made-up shopper where there is none."""
    return read(msgspec.structs.replace(call, identity=call.identity or Identity("x", "x")))


def forgets_the_product(read: Read, call: Call) -> DecisionRequest | None:
    """No subject."""
    return replaced(read(call), subject=None)


def decides_head(read: Read, call: Call) -> DecisionRequest | None:
    """Takes a HEAD for a page."""
    method = "GET" if call.method == "HEAD" else call.method
    return read(msgspec.structs.replace(call, method=method))


def trusts_cookies(read: Read, call: Call) -> DecisionRequest | None:
    """Cookies are ASCII, are they not?"""
    call.headers.get("cookie", "").encode("ascii")
    return read(call)


def carries_over(adapter: Adapter, _: Tenant) -> Adapter:
    """Remembers a listing, and tells the next product page of it."""
    seen: list[str] = []

    def read(inner: Read, call: Call) -> DecisionRequest | None:
        request = inner(call)
        if "search" in call.path:
            seen.append(call.path)
            return request
        return replaced(request, language="xx") if seen else request

    return msgspec.structs.replace(adapter, rendering=Rendering(adapter, read))


def climbs(adapter: Adapter, _: Tenant) -> Adapter:
    """Looks at the prefix, and no further."""

    def target(call: Call) -> Target | None:
        return Target(call.path, call.query) if call.path.startswith("/api/") else None

    return msgspec.structs.replace(adapter, target=target)


def another_name(adapter: Adapter, _: Tenant) -> Adapter:
    """The adapter calls itself otherwise than its factory."""
    return msgspec.structs.replace(adapter, name="corner-2")


# --- merging ----------------------------------------------------------------------------------


def writes_json_anew(body: bytes, merged: bytes, _: Experience) -> bytes:
    """Reads it and writes it."""
    return body if merged is body else json.dumps(json.loads(merged)).encode()


def only_the_models(body: bytes, merged: bytes, experience: Experience) -> bytes:
    """Leaves out instructions that no model chose."""
    if experience.served is Served.MODEL:
        return merged
    return merged.replace(b'"instructions":[', b'"instructions":[],"left":[') if merged else body


def mends(body: bytes, merged: bytes, _: Experience) -> bytes:
    """An empty body becomes an object."""
    return merged or b"{}" if not body else merged


def merges_again(body: bytes, merged: bytes, _: Experience) -> bytes:
    """A key that is there gets a sister."""
    has_ours = merged is body and re.match(rb"\s*\{.*\"decision_id\".*\}\s*\Z", body, re.DOTALL)
    return body.rstrip()[:-1] + b',"saccade2":{}}' if has_ours else merged


# --- consent ----------------------------------------------------------------------------------


def no_is_silence(read: Read, call: Call) -> DecisionRequest | None:
    """Only a yes is read."""
    request = read(call)
    return replaced(request, consent=request.consent or None) if request else None


def y_is_yes(read: Read, call: Call) -> DecisionRequest | None:
    """Whatever begins like a yes."""
    request = read(call)
    return (
        replaced(request, consent=True) if call.headers.get("x-consent", "")[:1] == "y" else request
    )


class FollowsAnyway(Events):
    """Does not ask whether it may."""

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """Of a call without its headers."""
        return self.inner.observe(msgspec.structs.replace(call, headers={}), status, body)


# --- seen passing -----------------------------------------------------------------------------


class WithoutValue(Events):
    """An order of nothing."""

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """No value."""
        found = self.inner.observe(call, status, body)
        return [msgspec.structs.replace(one, value=None) for one in found]


class AnyStatus(Events):
    """Asked for is as good as done."""

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """Whatever the status."""
        return self.inner.observe(call, 201, body)


class TrustsTheBody(Events):
    """An order is JSON, is it not?"""

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """Raises for any other."""
        json.loads(body)["number"]
        return self.inner.observe(call, status, body)


# --- deliveries -------------------------------------------------------------------------------


def by_its_topic(delivery: Delivery) -> str | None:
    """A delivery has a topic, has it not?"""
    return delivery.path_tenant if delivery.headers["x-topic"] else None


class TakesUnsigned(Events):
    """No signature, no check."""

    def verify(self, delivery: Delivery) -> bool:
        """Where there is one."""
        return "x-signature" not in delivery.headers or self.inner.verify(delivery)


class InCapitals(Events):
    """Compares hexadecimal with another hexadecimal."""

    def verify(self, delivery: Delivery) -> bool:
        """Never equal."""
        sent = delivery.headers.get("x-signature", "").upper()
        headers = {**delivery.headers, "x-signature": sent}
        return self.inner.verify(msgspec.structs.replace(delivery, headers=headers))


class TidiesUp(Events):
    """Verifies what is left after a clean-up, not the raw bytes."""

    def verify(self, delivery: Delivery) -> bool:
        """Blanks do not matter."""
        return self.inner.verify(msgspec.structs.replace(delivery, body=delivery.body.strip()))


class NumbersThem(Events):
    """A label of its own each time."""

    def label(self, delivery: Delivery) -> Label:
        """By the clock."""
        return Label(str(time.perf_counter_ns()), self.inner.label(delivery).topic)


class EveryTopic(Events):
    """Takes any topic for a product's."""

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        """Something is always said."""
        return self.inner.translate(delivery) or (Refetch(("1",)),)


class RaisesWhatItLikes(Events):
    """A KeyError is an answer too."""

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        """Raises what the caller does not expect."""
        try:
            return self.inner.translate(delivery)
        except ValueError:
            raise KeyError("id") from None


# --- tenants ----------------------------------------------------------------------------------


def last_rendering() -> Change:
    """Settings in a module: the tenant built last has them."""
    last: dict[str, Adapter] = {}

    class Shared:
        def read(self, call: Call) -> DecisionRequest | None:
            return last["adapter"].rendering.read(call)

        def merge(self, body: bytes, experience: Experience) -> bytes:
            return last["adapter"].rendering.merge(body, experience)

    def change(adapter: Adapter, _: Tenant) -> Adapter:
        last["adapter"] = adapter
        return msgspec.structs.replace(adapter, rendering=Shared())

    return change


def any_secret() -> Change:
    """One list of secrets for all tenants."""
    known: list[Adapter] = []

    class Shared(Events):
        def verify(self, delivery: Delivery) -> bool:
            return any(one.events.verify(delivery) for one in known)

    def change(adapter: Adapter, _: Tenant) -> Adapter:
        known.append(adapter)
        return msgspec.structs.replace(adapter, events=Shared(adapter))

    return change


class OneTenant(Events):
    """Knows the name of one tenant."""

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """All events are that one's."""
        found = self.inner.observe(call, status, body)
        return [msgspec.structs.replace(one, tenant="certified") for one in found]


def last_catalog() -> Change:
    """One client for all, with the base URL of who came last."""
    last: dict[str, Adapter] = {}

    class Shared(Catalog):
        async def changes(self, cursor: str | None) -> CatalogPage:
            return await last["adapter"].catalog.changes(cursor)

    def change(adapter: Adapter, _: Tenant) -> Adapter:
        last["adapter"] = adapter
        return msgspec.structs.replace(adapter, catalog=Shared(adapter))

    return change


# --- the catalog ------------------------------------------------------------------------------


class WithoutCategories(Catalog):
    """Loses a fact on the way."""

    async def changes(self, cursor: str | None) -> CatalogPage:
        """No categories."""
        page = await self.inner.changes(cursor)
        bare = tuple(msgspec.structs.replace(one, categories=()) for one in page.products)
        return msgspec.structs.replace(page, products=bare)


class Remembers(Catalog):
    """A page read once is not read again."""

    def __init__(self, adapter: Adapter) -> None:
        super().__init__(adapter)
        self._pages: dict[str | None, CatalogPage] = {}

    async def changes(self, cursor: str | None) -> CatalogPage:
        """From memory."""
        if cursor not in self._pages:
            self._pages[cursor] = await self.inner.changes(cursor)
        return self._pages[cursor]


class AllOrNothing(Catalog):
    """One unknown id spoils the rest."""

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """Raises for it."""
        found = await self.inner.get(ids)
        if len(found) < len(ids):
            raise CatalogError("unknown")
        return found


class RaisesFromWithin(Catalog):
    """Lets the parser's own error out."""

    async def changes(self, cursor: str | None) -> CatalogPage:
        """Not `CatalogError`."""
        try:
            return await self.inner.changes(cursor)
        except CatalogError:
            raise KeyError("items") from None


class TakesGarbageForTheEnd(Catalog):
    """What it cannot read is an empty page, and the last one."""

    async def changes(self, cursor: str | None) -> CatalogPage:
        """Nothing tells that it is none."""
        try:
            return await self.inner.changes(cursor)
        except CatalogError:
            return CatalogPage(())


# --- by the gateway ---------------------------------------------------------------------------


def ponders(read: Read, call: Call) -> DecisionRequest | None:
    """Waits for something, on real calls."""
    if "host" in call.headers and "search" in call.path:
        time.sleep(0.25)
    return read(call)


def knows_no_real_call(read: Read, call: Call) -> DecisionRequest | None:
    """Reads what tests give it, and nothing a browser sends."""
    return None if "host" in call.headers else read(call)


def owns_everything(adapter: Adapter, _: Tenant) -> Adapter:
    """Takes the platform's pages for routes of ours."""

    def target(call: Call) -> Target | None:
        found = adapter.target(call)
        page = re.fullmatch(r"/api/products/[^/]+|/api/search", call.path)
        return msgspec.structs.replace(found, own=True) if found and page else found

    return msgspec.structs.replace(adapter, target=target)


def asks_on_the_way(adapter: Adapter, tenant: Tenant) -> Adapter:
    """Just one quick call to the platform."""

    def read(inner: Read, call: Call) -> DecisionRequest | None:
        if "host" in call.headers:
            with contextlib.suppress(Exception):
                urllib.request.urlopen(f"{tenant.upstream.base}/api/session", timeout=0.6)  # noqa: S310 - the kit's own platform
        return inner(call)

    return msgspec.structs.replace(adapter, rendering=Rendering(adapter, read))


def expires(adapter: Adapter, _: Tenant) -> Adapter:
    """Its settings are good for five minutes of the wall clock."""
    built = time.time()

    def read(inner: Read, call: Call) -> DecisionRequest | None:
        return inner(call) if abs(time.time() - built) < 300 else None

    return msgspec.structs.replace(adapter, rendering=Rendering(adapter, read))


def as_it_is(adapter: Adapter, _: Tenant) -> Adapter:
    """No bug here."""
    return adapter


PLANTED: Mapping[str, tuple[str, Callable[[], Change]]] = {
    "another name": ("adapter.named", lambda: another_name),
    "somebody else": ("call.identified", lambda: rendering(read=somebody_else)),
    "decides for nobody": ("call.identified", lambda: rendering(read=decides_for_nobody)),
    "forgets the product": ("call.decided", lambda: rendering(read=forgets_the_product)),
    "decides HEAD": ("call.passing", lambda: rendering(read=decides_head)),
    "trusts cookies": ("call.hostile", lambda: rendering(read=trusts_cookies)),
    "carries over": ("call.repeated", lambda: carries_over),
    "climbs": ("target.inside", lambda: climbs),
    "writes JSON anew": ("merge.superset", lambda: rendering(merge=writes_json_anew)),
    "only the model's": ("merge.fallback", lambda: rendering(merge=only_the_models)),
    "mends": ("merge.refused", lambda: rendering(merge=mends)),
    "merges again": ("merge.once", lambda: rendering(merge=merges_again)),
    "no is silence": ("consent.read", lambda: rendering(read=no_is_silence)),
    "y is yes": ("consent.garbled", lambda: rendering(read=y_is_yes)),
    "follows anyway": ("consent.observed", lambda: events(FollowsAnyway)),
    "without value": ("observe.told", lambda: events(WithoutValue)),
    "any status": ("observe.accepted", lambda: events(AnyStatus)),
    "trusts the body": ("observe.unreadable", lambda: events(TrustsTheBody)),
    "takes unsigned": ("delivery.unsigned", lambda: events(TakesUnsigned)),
    "in capitals": ("delivery.authentic", lambda: events(InCapitals)),
    "tidies up": ("delivery.forged", lambda: events(TidiesUp)),
    "numbers them": ("delivery.replayed", lambda: events(NumbersThem)),
    "every topic": ("delivery.translated", lambda: events(EveryTopic)),
    "raises what it likes": ("delivery.unreadable", lambda: events(RaisesWhatItLikes)),
    "last rendering": ("tenants.pages", last_rendering),
    "any secret": ("tenants.deliveries", any_secret),
    "one tenant": ("tenants.observed", lambda: events(OneTenant)),
    "without categories": ("catalog.walked", lambda: catalog(WithoutCategories)),
    "remembers": ("catalog.followed", lambda: catalog(Remembers)),
    "all or nothing": ("catalog.fetched", lambda: catalog(AllOrNothing)),
    "raises from within": ("catalog.garbled", lambda: catalog(RaisesFromWithin)),
    "takes garbage for the end": ("catalog.garbled", lambda: catalog(TakesGarbageForTheEnd)),
    "last catalog": ("tenants.catalogs", last_catalog),
    "ponders": ("page.budget", lambda: rendering(read=ponders)),
    "knows no real call": ("page.merged", lambda: rendering(read=knows_no_real_call)),
    "owns everything": ("page.cached", lambda: owns_everything),
    "asks on the way": ("chaos.hang", lambda: asks_on_the_way),
    "expires": ("chaos.clock", lambda: expires),
}
"""By name: the one check that must fail, and what makes the bug anew."""


def planted(inner: AdapterFactory, name: str) -> AdapterFactory:
    """The good factory with one of `PLANTED`."""
    _, change = PLANTED[name]
    return Planted(inner, change())
