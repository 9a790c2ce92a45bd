"""The HTTP surface, a file for each group of routes."""
