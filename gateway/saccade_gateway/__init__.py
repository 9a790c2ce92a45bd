"""The page path, once for every platform.

Forward the shopper's call, decide in parallel, splice the experience into the platform's own bytes,
or let them pass as they are.
"""

from saccade_gateway.client import Platform
from saccade_gateway.handler import Gateway
from saccade_gateway.serving import SERVER_OPTIONS
from saccade_gateway.sites import Site, Sites

__all__ = ["SERVER_OPTIONS", "Gateway", "Platform", "Site", "Sites"]
