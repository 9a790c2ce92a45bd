"""The conformance kit: what every adapter must do, as checks over its ports.

`saccade_gateway.testing` adds what needs the page path on real sockets; ``saccade certify`` runs
both. Nothing here is imported by a server.
"""

from saccade.testing.certificate import Certificate, certify
from saccade.testing.contract import AdapterContract
from saccade.testing.port_checks import PORT_CHECKS
from saccade.testing.recorded import recorded
from saccade.testing.samples import (
    Answered,
    Consent,
    Page,
    Passing,
    Samples,
    Seen,
    Sent,
    Shop,
    event,
)
from saccade.testing.subject import Subject

__all__ = [
    "PORT_CHECKS",
    "AdapterContract",
    "Answered",
    "Certificate",
    "Consent",
    "Page",
    "Passing",
    "Samples",
    "Seen",
    "Sent",
    "Shop",
    "Subject",
    "certify",
    "event",
    "recorded",
]
