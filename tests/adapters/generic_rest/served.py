"""A whole server before a REST platform, from a tenant's own files to real sockets."""

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

from adapters.serving_files import Served, serving_files

__all__ = ["Served", "served"]

TENANT = """\
name = "rest"
platform = "generic_rest"
upstream = {{ url = "{platform}", allow_private = true }}
consent = {{ basis = "opt_out" }}
site = {{ key = "rest", open = true }}
decisioning = {{ phase = "live", holdout = 0.0, exposure = "assumed" }}
adapter = {{ mapping = "./mapping.toml" }}
slots.promise.moment = "product"
"""

CAMPAIGNS = """\
[[campaign]]
id = "promise-everybody"
moment = "product"
slot = "promise"
template = "steady"
parameters = { text = "30-day guarantee" }
"""


@contextlib.asynccontextmanager
async def served(
    folder: Path, platform: str, mapping: str, *, sync_s: float = 30.0
) -> AsyncGenerator[Served]:
    """The server of one tenant whose platform is at ``platform``, until the block ends."""
    files = {
        "tenant.toml": TENANT.format(platform=platform),
        "campaigns.toml": CAMPAIGNS,
        "mapping.toml": mapping,
    }
    async with serving_files(folder, "rest", files, sync_s=sync_s) as found:
        await found.house.journal.find("rest", "none")  # the tables are made with the first write
        yield found
