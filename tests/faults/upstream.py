"""A scriptable platform on raw sockets: the conformance kit's, by the name tests know it by."""

from saccade_gateway.testing.upstream import (
    RESET,
    Line,
    Received,
    Script,
    ScriptedUpstream,
    answer,
    chunked,
    close,
    hang,
    in_turn,
    json,
    raw,
    reset,
    then,
)

__all__ = [
    "RESET",
    "Line",
    "Received",
    "Script",
    "ScriptedUpstream",
    "answer",
    "chunked",
    "close",
    "hang",
    "in_turn",
    "json",
    "raw",
    "reset",
    "then",
]
