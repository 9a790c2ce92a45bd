"""How the inbox's schema came to be, step by step; run by `saccade_webhooks.database`."""
