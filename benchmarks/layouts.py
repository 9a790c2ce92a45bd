"""What Saccade is compared with, of `peers`: a Node proxy, and the three services it replaces."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import answers
import shop
from contenders import Contender, acquaint, beacons, flushes, pages
from processes import Server, free_port, redis

PEERS = Path(__file__).parent / "peers"
SERVICES = PEERS / "three_services"
MIDDLEWARE = SERVICES / "middleware"


def no_node() -> str:
    """Why nothing that runs on Node can take part, or nothing."""
    return "" if shutil.which("node") else "no node on the path: apt-get install nodejs"


def no_services() -> str:
    """Why the three services cannot take part, or nothing. Installs what the middleware needs."""
    missing = [name for name in ("fastapi", "uvicorn", "sklearn") if find_spec(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (python3 dev.py bench installs them)"
    if not shutil.which("redis-server"):
        return "redis-server is not installed: apt-get install redis-server"
    return no_node() or _install()


def _install() -> str:
    """``npm ci`` where the middleware's packages are not those of its lock."""
    installed = MIDDLEWARE / "node_modules" / ".package-lock.json"
    lock = MIDDLEWARE / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return ""
    npm = shutil.which("npm")
    if npm is None:
        return "no npm on the path: apt-get install npm"
    done = subprocess.run([npm, "ci"], cwd=MIDDLEWARE, capture_output=True, text=True, check=False)
    return f"npm ci failed: {done.stderr.strip()[-200:]}" if done.returncode else ""


def node_proxy(folder: Path, upstream: int, core: int) -> Server:
    """The plain Node proxy."""
    port = free_port()
    program = str(PEERS / "node_proxy" / "proxy.mjs")
    arguments = ["node", program, str(port), "127.0.0.1", str(upstream)]
    return Server(arguments, port, core=core, environment=_PRODUCTION, log=folder / "node.log")


def three_services(folder: Path, upstream: int, core: int) -> list[Server]:
    """Redis, model service, profile service and middleware, in this order."""
    store = redis(folder, core, "three-services-redis")
    servers = [store]
    try:
        model = _service(folder, "model_service", core, {})
        servers.append(model)
        neighbours = {
            "REDIS_URL": f"redis://127.0.0.1:{store.port}/0",
            "MODEL_URL": f"http://127.0.0.1:{model.port}",
        }
        profile = _service(folder, "profile_service", core, neighbours)
        servers.append(profile)
        port = free_port()
        there = [f"http://127.0.0.1:{upstream}", f"http://127.0.0.1:{profile.port}"]
        middleware = ["node", "server.mjs", str(port), *there]
        log = folder / "middleware.log"
        servers.append(
            Server(middleware, port, core=core, environment=_PRODUCTION, folder=MIDDLEWARE, log=log)
        )
    except SystemExit:
        for server in servers:
            server.stop()
        raise
    return servers


async def three_services_contender(
    name: str, servers: list[Server], product: bytes, names: list[str]
) -> Contender:
    """The running three services with the same shoppers; they hold nobody out."""
    *_, middleware = servers
    await acquaint(middleware.port, names)
    expected = answers.experience()
    page, flush = answers.decided(product, expected, spliced=False), answers.told(expected)
    return Contender(
        name,
        middleware.port,
        servers,
        pages(names, lambda _: page),
        flushes(names, lambda _: flush),
        beacons(),
        state=servers[0],
    )


def _service(folder: Path, name: str, core: int, environment: dict[str, str]) -> Server:
    port = free_port()
    arguments = [
        *(sys.executable, "-m", "uvicorn", f"{name}:app", "--app-dir", str(SERVICES)),
        *("--port", str(port), "--loop", "uvloop", "--http", "httptools"),
        *("--no-access-log", "--log-level", "warning"),
    ]
    given = {"MODEL_FOLDER": str(shop.MODEL), "OMP_NUM_THREADS": "1", **environment}
    return Server(arguments, port, core=core, environment=given, log=folder / f"{name}.log")


_PRODUCTION = {"NODE_ENV": "production"}
