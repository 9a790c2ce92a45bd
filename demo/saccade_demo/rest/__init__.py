"""A REST shop that stands in for a real one, in a style of its own; a mapping connects it (R40)."""

from saccade_demo.rest.application import application
from saccade_demo.rest.lab import TENANTS, rest_tenant, start_shop

__all__ = ["TENANTS", "application", "rest_tenant", "start_shop"]
