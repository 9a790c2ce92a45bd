"""The durable inbox of platforms' events: written before it is acknowledged, worked off after."""
