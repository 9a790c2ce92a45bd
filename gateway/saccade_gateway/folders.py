"""Paths that climb: dot segments, however a client spells them."""

import re
from urllib.parse import unquote

_PARAMETERS = re.compile(r";[^/]*")


def leaves_its_folder(path: str) -> bool:
    """Whether a server might read dot segments in it, however they are encoded.

    Encoded twice, by backslash, or with path parameters (``..;x``) as Tomcat cuts them off.
    """
    if "." not in path and "%" not in path:
        return False
    decoded = path
    for _ in range(3):
        plain = _PARAMETERS.sub("", decoded.replace("\\", "/"))
        if any(segment in {".", ".."} for segment in plain.split("/")):
            return True
        if "\x00" in decoded:
            return True
        decoded = unquote(decoded)
    return False
