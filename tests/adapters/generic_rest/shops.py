"""Tenants of the mapping adapter, their files written as a merchant would."""

import tomllib
from pathlib import Path

from saccade.tenants import Tenant
from saccade_generic_rest import factory
from saccade_generic_rest.mapping import Mapping
from saccade_generic_rest.reading import checked
from saccade_generic_rest.settings import RestSettings, read_settings

MAPPING = """\
paths = ["/api/"]

[catalog]
list = "/api/items"
items = "data.items"
item = "/api/items/{id}"
item_root = "data"
pages = { kind = "cursor", next = "data.next", param = "after" }
fields = { id = "sku", name = "title", categories = "tags[].slug", price = "price.amount", currency = "price.currency", in_stock = "stock" }

[[pages]]
call = "GET /api/items/{product}"
moment = "product"

[[pages]]
call = "GET /api/items"
moment = "listing"

[[seen]]
call = "POST /api/orders"
kind = "order_placed"
reference = "data.number"
value = "data.total.amount"
currency = "data.total.currency"

[[seen]]
call = "POST /api/carts/{*}/lines/{product}"
kind = "add_to_cart"
reference = "data.cart"
"""  # noqa: E501 - TOML 1.0 keeps an inline table on one line


def mapping(text: str = MAPPING) -> Mapping:
    """Checked, of a file that is named mapping.toml."""
    return checked("mapping.toml", tomllib.loads(text))


def shop(
    folder: Path, text: str = MAPPING, url: str = "http://127.0.0.1:9", *, private: bool = True
) -> Tenant:
    """A tenant whose mapping stands in ``folder``."""
    path = folder / "mapping.toml"
    path.write_text(text, "utf-8")
    return Tenant.model_validate(
        {
            "name": "lab",
            "platform": factory.name,
            "upstream": {"url": url, "allow_private": private},
            "consent": {"basis": "opt_out"},
            "site": {"key": "lab", "open": True},
            "decisioning": {"phase": "live", "holdout": 0.0},
            "slots": {"promise": {"moment": "product"}},
            "adapter": {"mapping": str(path)},
        }
    )


def settings(
    folder: Path, text: str = MAPPING, url: str = "http://127.0.0.1:9", *, private: bool = True
) -> RestSettings:
    """Of such a tenant."""
    return read_settings(shop(folder, text, url, private=private))
