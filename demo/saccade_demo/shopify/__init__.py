"""A stand-in for Shopify: an install with tokens that expire, an Admin API, webhooks, a theme."""

from saccade_demo.shopify.application import application
from saccade_demo.shopify.apps import App, Subscription, read_app
from saccade_demo.shopify.clock import Clock
from saccade_demo.shopify.outbox import Disorder
from saccade_demo.shopify.selling import Till
from saccade_demo.shopify.serving import Served, served
from saccade_demo.shopify.shop import Shop

__all__ = [
    "App",
    "Clock",
    "Disorder",
    "Served",
    "Shop",
    "Subscription",
    "Till",
    "application",
    "read_app",
    "served",
]
