"""The demo shop: static pages that call OCC on their own origin, through the gateway."""

from saccade_demo.shop.pages import routes

__all__ = ["routes"]
