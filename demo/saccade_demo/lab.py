"""Starts the lab: the stand-in platform on a port of its own, and the tenant that points to it."""

from pathlib import Path

from aiohttp import web
from pydantic import AnyHttpUrl

from saccade.tenants import Tenant, read_tenant
from saccade_demo import catalog, occ

TENANTS = Path(__file__).parent / "tenants"
"""One folder a tenant, as `saccade.tenants.read_tenants` reads them."""

HOST = "127.0.0.1"


async def start_platform(port: int = 0) -> tuple[web.AppRunner, str]:
    """Serve the stand-in on loopback; ``port`` 0 takes a free one.

    Returns the runner, whose ``cleanup()`` stops it, and the base URL. Raises `OSError` where the
    port is taken.
    """
    runner = web.AppRunner(occ.application(catalog.load()), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port)
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    return runner, f"http://{HOST}:{runner.addresses[0][1]}"


def demo_tenant(base_url: str) -> tuple[Tenant, Path]:
    """The demo's tenant with ``base_url`` as its platform, and the folder its campaigns are in."""
    folder = TENANTS / "demo"
    tenant = read_tenant(folder)
    upstream = tenant.upstream.model_copy(update={"url": AnyHttpUrl(base_url)})
    return tenant.model_copy(update={"upstream": upstream}), folder
