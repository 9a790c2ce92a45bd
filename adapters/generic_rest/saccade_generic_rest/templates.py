"""Calls as mappings name them: a method and a path, in which ``{name}`` stands for one segment.

No pattern is the merchant's own: each is made here, of escaped text and whole segments.
"""

import re
from typing import Annotated
from urllib.parse import quote, unquote

from pydantic import AfterValidator

from saccade.ports import Call
from saccade_gateway.folders import leaves_its_folder

ANY = "*"
"""``{*}``: a segment that tells nothing."""

_SEGMENT = re.compile(r"\{([a-z]+|\*)\}")
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%-]*")
_TEMPLATE = re.compile(r"/[^\s{}?#\\]*(?:\{(?:[a-z]+|\*)\}[^\s{}?#\\]*)*")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})

_ID = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,128}")
"""What ``/v1`` takes as a product's id; half a surrogate is a byte that was no UTF-8."""


class CallTemplate:
    """Matches calls, and says what stood where a name stands."""

    def __init__(self, text: str) -> None:
        """Raises ValueError. ``text`` is such as ``GET /products/{product}``."""
        method, _, path = text.partition(" ")
        if method not in _METHODS:
            raise ValueError("begin with a method and one blank, such as GET /products/{product}")
        self.names = path_names(path)
        self.method = method
        self.path = path
        segments = "/".join(_pattern(segment) for segment in path.rstrip("/").split("/"))
        self._pattern = re.compile(segments + "/?")

    def match(self, call: Call) -> dict[str, str] | None:
        """The decoded segments by name; ``None`` for another call."""
        if call.method != self.method:
            return None
        found = self._pattern.fullmatch(call.path)
        return None if found is None else {
            name: unquote(value) for name, value in found.groupdict().items()
        }  # fmt: skip


def path_names(path: str) -> tuple[str, ...]:
    """The names in a path's template. Raises ValueError."""
    if not _TEMPLATE.fullmatch(path):
        raise ValueError("write a path from the root, such as /products/{id}, without ? and #")
    if leaves_its_folder(path):
        raise ValueError("write the path without . and .. segments")
    for segment in path.split("/"):
        if not _SEGMENT.fullmatch(segment) and not _PLAIN.fullmatch(segment):
            raise ValueError("let a name such as {id} be a whole segment, and the rest URL text")
    names = tuple(name for name in _SEGMENT.findall(path) if name != ANY)
    if len(names) != len(set(names)):
        raise ValueError("use each name once")
    return names


def filled(path: str, product: str) -> str | None:
    """``path`` with a product's id; ``None`` where that would leave the path's folder."""
    if not is_id(product) or product in {".", ".."}:
        return None
    return path.replace("{id}", quote(product, safe=""))


def is_id(text: str) -> bool:
    """Whether a decision may name it as a product."""
    return _ID.fullmatch(text) is not None


def _pattern(segment: str) -> str:
    name = _SEGMENT.fullmatch(segment)
    if name is None:
        return re.escape(segment)
    return "[^/]+" if name[1] == ANY else f"(?P<{name[1]}>[^/]+)"


def _of_a_product(path: str) -> str:
    if path_names(path) != ("id",):
        raise ValueError("name the product by {id}, once, as in /products/{id}")
    return path


def _plain_path(path: str) -> str:
    if path_names(path) or "{" in path:
        raise ValueError("write the path without names in braces")
    return path


PlainPath = Annotated[str, AfterValidator(_plain_path)]
ProductPath = Annotated[str, AfterValidator(_of_a_product)]


def _call(text: str) -> str:
    template = CallTemplate(text)
    if not set(template.names) <= {"product"}:
        raise ValueError("name nothing but {product}; {*} stands for any other segment")
    return text


CallText = Annotated[str, AfterValidator(_call)]
