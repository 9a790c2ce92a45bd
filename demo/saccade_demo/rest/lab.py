"""Starts the REST shop on a port of its own, and points its tenant there."""

from pathlib import Path

from aiohttp import web
from pydantic import AnyHttpUrl

from saccade.tenants import Tenant, read_tenant
from saccade_demo import catalog
from saccade_demo.rest.application import application

TENANTS = Path(__file__).parent / "tenants"
HOST = "127.0.0.1"


async def start_shop(port: int = 0) -> tuple[web.AppRunner, str]:
    """Serve it on loopback; ``port`` 0 takes a free one.

    Returns the runner, whose ``cleanup()`` stops it, and the base URL.
    """
    runner = web.AppRunner(application(catalog.load()), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner, f"http://{HOST}:{runner.addresses[0][1]}"


def rest_tenant(base_url: str) -> tuple[Tenant, Path]:
    """The tenant with ``base_url`` as its platform, and the folder of its files."""
    folder = TENANTS / "rest"
    tenant = read_tenant(folder)
    upstream = tenant.upstream.model_copy(update={"url": AnyHttpUrl(base_url)})
    return tenant.model_copy(update={"upstream": upstream}), folder
