"""An authority of a test's own, and a certificate of it, made by openssl."""

import shutil
import subprocess
from pathlib import Path

import pytest

_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def signed(folder: Path, address: str, days: int) -> tuple[Path, Path, Path]:
    """Files of the authority, of a certificate for an IP address, and of its key.

    ``days`` of life; below 0 it ended so long ago.
    """
    authority, root = folder / "authority.pem", folder / "authority.key"
    certificate, key, wish = folder / "own.pem", folder / "own.key", folder / "own.csr"
    names = folder / "names.cnf"
    names.write_text(f"subjectAltName=IP:{address}\n", "ascii")
    _openssl(
        *("req", "-x509", *_EC, "-days", "2", "-subj", "/CN=an authority"),
        *("-keyout", str(root), "-out", str(authority)),
    )
    _openssl("req", *_EC, "-subj", "/CN=shop", "-keyout", str(key), "-out", str(wish))
    _openssl(
        *("x509", "-req", "-in", str(wish), "-CA", str(authority), "-CAkey", str(root)),
        *("-CAcreateserial", "-days", str(days), "-extfile", str(names)),
        *("-out", str(certificate)),
    )
    return authority, certificate, key


def _openssl(*arguments: str) -> None:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed: apt-get install openssl")
    subprocess.run([program, *arguments], check=True, capture_output=True)  # noqa: S603 - the program found on the path, the test's own arguments
