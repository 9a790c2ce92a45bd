"""How aiohttp's server must be set up for the gateway to keep its promises."""

from collections.abc import Mapping
from typing import Any

LINE_LIMIT = 32_768
"""Bytes of a request line or of one header field, both sides; aiohttp's own 8,190 is too little."""

HEADER_LIMIT = 500
"""Header fields of one message, both sides."""

SERVER_OPTIONS: Mapping[str, Any] = {  # Any: as aiohttp's own keyword arguments
    "auto_decompress": False,  # a gzipped request body must reach the platform as it came
    "handler_cancellation": True,  # a shopper who leaves ends the platform's call, as a proxy does
    "max_line_size": LINE_LIMIT,
    "max_field_size": LINE_LIMIT,
    "max_headers": HEADER_LIMIT,
}
"""Pass to `aiohttp.web.AppRunner` (or `web.Server`) as keyword arguments."""
