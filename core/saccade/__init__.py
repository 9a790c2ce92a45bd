"""The decisioning core: no platform, no web framework, no adapter."""

__version__ = "0.1.0"
