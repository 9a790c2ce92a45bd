"""The platform behind a page that only holds the tag: none we could call, and no path of ours.

Decisions travel beside the page (``/v1/…``); its products are the lab's.
"""

from collections.abc import Sequence

from saccade.deliveries import CatalogPage, Delivery, Label
from saccade.domain import DecisionRequest, Event, Experience, Moment, Op, Product
from saccade.ports import Adapter, AdapterFactory, Call, Capabilities, Target
from saccade.tenants import Tenant
from saccade_demo import catalog

NAME = "page"


class _Factory:
    name = NAME

    def identify(self, delivery: Delivery) -> str | None:  # noqa: ARG002 - the port's signature
        """Nobody delivers."""
        return None

    def build(self, tenant: Tenant) -> Adapter:  # noqa: ARG002 - the port's signature
        """The same for every such page."""
        return Adapter(
            name=NAME,
            capabilities=Capabilities(
                carriers=frozenset(), operations={moment: frozenset(Op) for moment in Moment}
            ),
            catalog=_Catalog(),
            events=_Events(),
            rendering=_Rendering(),
            target=_nowhere,
            paths=(),
        )


class _Catalog:
    async def changes(self, cursor: str | None) -> CatalogPage:  # noqa: ARG002 - one page is all
        """The lab's products."""
        return CatalogPage(products())

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """Those the lab has."""
        return [_product(code) for code in ids if code in catalog.load().products]


class _Events:
    def verify(self, delivery: Delivery) -> bool:  # noqa: ARG002 - the port's signature
        """No sender is known."""
        return False

    def label(self, delivery: Delivery) -> Label:  # noqa: ARG002 - the port's signature
        """Nothing is delivered."""
        return Label(key="", topic="")

    def translate(self, delivery: Delivery) -> Sequence[Event]:  # noqa: ARG002 - the port's signature
        """Nothing was verified."""
        return ()

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:  # noqa: ARG002 - the port's signature
        """No call passes."""
        return ()


class _Rendering:
    def read(self, call: Call) -> DecisionRequest | None:  # noqa: ARG002 - the port's signature
        """No call passes."""
        return None

    def merge(self, body: bytes, experience: Experience) -> bytes:  # noqa: ARG002 - the port's signature
        """No page passes."""
        return body


def products() -> tuple[Product, ...]:
    """All the lab has."""
    return tuple(_product(code) for code in catalog.load().products)


def _nowhere(call: Call) -> Target | None:  # noqa: ARG001 - the port's signature
    return None


def _product(code: str) -> Product:
    found = catalog.load().products[code]
    return Product(code, found["name"], tuple(category["code"] for category in found["categories"]))


factory: AdapterFactory = _Factory()
