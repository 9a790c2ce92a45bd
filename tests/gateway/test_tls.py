"""HTTPS to the platform: the name is verified, though the connection goes to a pinned address."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from faults.names import Answering
from faults.upstream import ScriptedUpstream, json
from saccade.deadline import Deadline
from saccade.tenants import Upstream
from saccade_gateway.answer import Answer
from saccade_gateway.client import NoAnswerError, Outgoing, Platform
from saccade_gateway.headers import RawHeaders

BODY = b'{"code":"816324"}'


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for shop.example and its key, in one file."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed: apt-get install openssl")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(  # noqa: S603 - the program found on the path, fixed arguments
        [
            *(program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", "/CN=shop.example"),
            *("-addext", "subjectAltName=DNS:shop.example"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text(
        (folder / "certificate.pem").read_text("ascii") + (folder / "key.pem").read_text("ascii"),
        "ascii",
    )
    return both


async def asked(certificate: Path, host: str, trusted: ssl.SSLContext | bool) -> Answer:
    """One product from a platform behind TLS."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)

    async def inform(status: int, reason: bytes, headers: RawHeaders) -> None:
        raise AssertionError((status, reason, headers))

    async with ScriptedUpstream(json(BODY), tls=server) as upstream:
        platform = Platform(
            Upstream.model_validate(
                {"url": f"https://{host}:{upstream.port}", "allow_private": True}
            ),
            resolver=Answering(["127.0.0.1"]),
            tls=trusted,
        )
        try:
            answer = await platform.send(Outgoing("GET", b"/p", []), Deadline(), inform)
            assert await answer.read() == BODY
            answer.close()
            assert upstream.last.values(b"host") == [f"{host}:{upstream.port}".encode()]
            return answer
        finally:
            await platform.close()


async def test_a_certificate_that_is_trusted_for_the_name(certificate: Path) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate))
    assert (await asked(certificate, "shop.example", trusted)).status == 200


async def test_a_certificate_of_another_name_is_refused(certificate: Path) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate))
    with pytest.raises(NoAnswerError):
        await asked(certificate, "other.example", trusted)


async def test_a_certificate_nobody_vouches_for_is_refused(certificate: Path) -> None:  # F20
    with pytest.raises(NoAnswerError):
        await asked(certificate, "shop.example", trusted=True)
