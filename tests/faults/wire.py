"""HTTP/1.1 by hand: the conformance kit's, by the name tests know it by."""

from saccade_gateway.testing.wire import (
    HOP,
    Caller,
    RawHeaders,
    Wire,
    attempted,
    call,
    exchange,
    parsed,
    request,
)

__all__ = [
    "HOP",
    "Caller",
    "RawHeaders",
    "Wire",
    "attempted",
    "call",
    "exchange",
    "parsed",
    "request",
]
