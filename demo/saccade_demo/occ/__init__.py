"""A stand-in for SAP Commerce's OCC v2, close enough that a client cannot tell by reading."""

from saccade_demo.occ.application import SITE, application

__all__ = ["SITE", "application"]
