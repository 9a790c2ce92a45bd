"""Where state and records live: in process, in Redis, in SQL."""
