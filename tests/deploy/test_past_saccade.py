"""What the platform sees of a call that nginx sends past a Saccade that is away."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from conftest import unused_port
from deploy.front import Front, front
from deploy.naming import name_server
from faults.upstream import ScriptedUpstream, json
from faults.wire import Wire, call, exchange, request

pytestmark = pytest.mark.asyncio(loop_scope="module")

OCC = "/occ/v2/electronics"
BODY = b'{"code":"816324"}'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(json(BODY)) as upstream:
        yield upstream


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alone(platform: ScriptedUpstream) -> AsyncIterator[Front]:
    """nginx before a Saccade that is not there."""
    with front(unused_port(), platform.url) as nginx:
        yield nginx


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        (f"{OCC}/products/816324", None),
        (f"{OCC}/products/a%2Fb%7E?fields=FULL&lang=de", None),
        (f"{OCC}/products/1?q=%3A%22a%22+b&fields=code,price(FULL)", None),
        (f"{OCC}/products/1?fields=code,saccade", f"{OCC}/products/1?fields=code"),
        (f"{OCC}/products/1?fields=saccade,code&lang=en", f"{OCC}/products/1?fields=code&lang=en"),
        (f"{OCC}/products/1?fields=saccade", f"{OCC}/products/1"),
        (f"{OCC}/products/1?lang=en&fields=saccade", f"{OCC}/products/1?lang=en"),
        (f"{OCC}/products/1?fields=saccade&lang=en", f"{OCC}/products/1?lang=en"),
        (f"{OCC}/products/1?fields=code%2Csaccade%2Cname", f"{OCC}/products/1?fields=code%2Cname"),
        (f"{OCC}/products/1?fields=a(b,saccade),c", f"{OCC}/products/1?fields=a(b),c"),
        (f"{OCC}/products/1?fields=a(saccade,b),c", f"{OCC}/products/1?fields=a(b),c"),
        (f"{OCC}/products/1?fields=a%28saccade%2Cb%29", f"{OCC}/products/1?fields=a%28b%29"),
        (f"{OCC}/products/1?fields=saccades,mysaccade", None),
        (f"{OCC}/products/1?query=a,saccade", None),
        (f"{OCC}/products/1?saccade_session=a.b&lang=en", f"{OCC}/products/1?lang=en"),
        (f"{OCC}/products/1?lang=en&saccade_view=7", f"{OCC}/products/1?lang=en"),
        (
            f"{OCC}/products/1?saccade_view=7&fields=code,saccade&saccade_session=a",
            f"{OCC}/products/1?fields=code",
        ),
        ("/api/product/816324", f"{OCC}/products/816324?fields=FULL"),
        ("/api/product/1?lang=en", f"{OCC}/products/1?fields=FULL&lang=en"),
        ("/api/product/1?fields=code", f"{OCC}/products/1?fields=code"),
        ("/occ/v2/basesites?fields=DEFAULT", None),
    ],
)
async def test_path_and_query_are_the_callers_but_for_our_marks(
    alone: Front, platform: ScriptedUpstream, asked: str, seen: str | None
) -> None:  # OCC 1, OCC 2
    answer = await call(alone.port, asked)
    assert (answer.status, answer.body) == (200, BODY)
    assert platform.last.target == (seen or asked).encode()


@pytest.mark.parametrize(
    ("cookie", "kept"),
    [
        ("a=b; saccade_session=x.y; c=d", b"a=b;c=d"),
        ("saccade_session=x.y; c=d", b"c=d"),
        ("saccade_session=x.y", None),
        ("not_saccade_session=1", b"not_saccade_session=1"),
        ("JSESSIONID=1; ROUTE=2", b"JSESSIONID=1; ROUTE=2"),
    ],
)
async def test_the_session_stays_with_us(
    alone: Front, platform: ScriptedUpstream, cookie: str, kept: bytes | None
) -> None:
    ours = ("x-session-id", "x.y"), ("x-saccade-view", "7")
    forged = ("X-Forwarded-For", "10.0.0.1"), ("Forwarded", "for=10.0.0.1"), ("X-Real-IP", "::1")
    shopper = ("Authorization", "Bearer t"), ("X-Anonymous-Consents", "%5B%5D"), ("X_Odd", "1")
    await call(alone.port, f"{OCC}/products/1", ("Cookie", cookie), *ours, *forged, *shopper)
    seen = platform.last
    values = [value for value in seen.values(b"cookie") if value]
    assert values == ([] if kept is None else [kept])
    assert b"x.y" not in seen.raw_head
    assert seen.values(b"x-saccade-view") == []
    assert seen.values(b"x-forwarded-for") == [b"127.0.0.1"]
    assert seen.values(b"forwarded") == seen.values(b"x-real-ip") == []
    assert seen.values(b"host") == [f"127.0.0.1:{platform.port}".encode()]
    assert seen.values(b"x-forwarded-host") == [b"shop.example"]
    assert seen.values(b"authorization") == [b"Bearer t"]
    assert seen.values(b"x-anonymous-consents") == [b"%5B%5D"]
    assert seen.values(b"x_odd") == [b"1"]


@pytest.mark.parametrize(
    "path",
    [
        f"{OCC}/../../../hac",
        f"{OCC}/..;/..;/..;/hac",
        f"{OCC}/%2e%2e/x",
        f"{OCC}/%252e%252e/x",
        f"{OCC}/a%2f..%2f..",
        f"{OCC}/..%5c..%5cx",
        "/occ/v2/other/products/1",
        "/occ/v2/electronics2/products/1",
        "/hac",
        "/",
    ],
)
async def test_nothing_else_of_the_platform_is_reached(
    alone: Front, platform: ScriptedUpstream, path: str
) -> None:  # OCC 15
    platform.received.clear()
    answer = await call(alone.port, path)
    assert answer.status in {400, 404}
    assert platform.received == []


async def test_an_order_reaches_the_platform_once_and_whole(
    alone: Front, platform: ScriptedUpstream
) -> None:
    platform.received.clear()
    body = b"x" * 300_000
    order = request(f"{OCC}/users/current/orders", method="POST", body=body)
    answer = await exchange(alone.port, order, method="POST")
    assert (answer.status, len(platform.received)) == (200, 1)
    assert (platform.last.method, platform.last.body) == (b"POST", body)


async def test_what_only_saccade_answers_fails_and_is_not_asked_of_the_platform(
    alone: Front, platform: ScriptedUpstream
) -> None:
    platform.received.clear()
    for path in ("/v1/experience?session=a", "/tracker.js"):
        assert (await call(alone.port, path)).status == 502
    assert (await call(alone.port, "/metrics")).status == 404
    assert platform.received == []


async def test_a_failure_is_logged_in_a_line_without_path_and_query(
    platform: ScriptedUpstream,
) -> None:
    with front(unused_port(), platform.url) as nginx:
        for _ in range(20):
            await call(nginx.port, f"{OCC}/users/anonymous/carts/secret-guid?saccade_session=s")
        for _ in range(100):
            if nginx.told().count("past-saccade GET 200") == 20:
                break
            await asyncio.sleep(0.05)
        lines = nginx.told().splitlines()
    assert len([line for line in lines if "past-saccade GET 200" in line]) == 20
    assert len(lines) == 20
    assert not [line for line in lines if "secret-guid" in line]


async def test_a_platform_by_name_over_tls_is_verified(tmp_path: Path) -> None:
    certificate, key = signed_for("shop.example", tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    async with ScriptedUpstream(json(BODY), tls=tls) as upstream, name_server() as resolver:

        async def asked(name: str, authorities: str) -> Wire:
            base = f"https://{name}:{upstream.port}/rest"
            given = {"RESOLVER": resolver, "AUTHORITIES": authorities}
            with front(unused_port(), base, **given) as nginx:
                return await call(nginx.port, f"{OCC}/products/1?lang=en")

        assert (await asked("shop.example", str(certificate))).body == BODY
        assert upstream.last.target == b"/rest/occ/v2/electronics/products/1?lang=en"
        assert upstream.last.values(b"host") == [f"shop.example:{upstream.port}".encode()]
        assert (await asked("other.example", str(certificate))).status == 502
        stranger, _ = signed_for("authority.example", other)
        assert (await asked("shop.example", str(stranger))).status == 502
        assert len(upstream.received) == 1


def signed_for(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate for a name, its own authority, and its key."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed: apt-get install openssl")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(  # noqa: S603 - the program found on the path, fixed arguments
        [
            *(program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", f"/CN={name}"),
            *("-addext", f"subjectAltName=DNS:{name}"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
