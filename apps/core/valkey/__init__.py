"""The connection to the key-value server: Valkey, Redis 7+ or Dragonfly.

Cache, locks, limits and Django's sessions share one client a process. The jobs have their own
connections, which are Celery's.
"""
