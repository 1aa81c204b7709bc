"""Django's PostgreSQL backend with this toolkit's errors, pool and timing (`ENGINE`)."""
