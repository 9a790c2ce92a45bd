"""The page that only holds the tag, for the conformance kit: it has products, and nothing else."""

from saccade.tenants import Tenant
from saccade.testing import Samples, Shop
from saccade_demo.storefronts.platform import products

_BESIDE = "no call passes us: decisions travel beside the page, by /v1/experience"
_SILENT = "this platform sends nothing"
_WITHIN = "its products are part of the program: no platform is asked for them"


def samples(tenant: Tenant | None = None) -> Samples:
    """The same for every tenant."""
    del tenant
    deliveries = (
        "claimed",
        "authentic",
        "forged",
        "replayed",
        "translated",
        "unreadable",
    )
    return Samples(
        shop=Shop(answers=(), products=products()),
        exempt={
            **dict.fromkeys(("call.*", "merge.*", "page.*", "chaos.*"), _BESIDE),
            **dict.fromkeys(("consent.*", "observe.*"), _BESIDE),
            **dict.fromkeys(("tenants.pages", "tenants.observed"), _BESIDE),
            **{f"delivery.{name}": _SILENT for name in deliveries},
            "tenants.deliveries": _SILENT,
            **dict.fromkeys(("catalog.followed", "catalog.garbled", "tenants.catalogs"), _WITHIN),
        },
    )
