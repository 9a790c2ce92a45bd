"""A product's code as it stands in a path, and what stands in its place without being one."""

import re
from urllib.parse import unquote

_NOT_A_CODE = frozenset({"search", "suggestions", "expressupdate"})
"""Resources of OCC that stand where a product's code would."""

_CODE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,128}")
"""What ``/v1`` takes as a product's id; half a surrogate is a byte that was no UTF-8."""


def is_resource(segment: str) -> bool:
    """Whether a raw path segment names a resource beside the products, however it is spelt."""
    return unquote(segment).partition(";")[0] in _NOT_A_CODE


def product_code(segment: str) -> str | None:
    """The code a raw path segment spells, or ``None`` where it spells none a decision may name.

    What follows a raw semicolon is a path parameter, such as a ``jsessionid``: Tomcat cuts it off.
    """
    code = unquote(segment.partition(";")[0])
    return code if is_code(code) and not is_resource(segment) else None


def is_code(text: str) -> bool:
    """Whether a decision may name it as a product."""
    return _CODE.fullmatch(text) is not None
