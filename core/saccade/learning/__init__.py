"""How models are made. Nothing here is imported by the page path."""
