"""Values that are kept for a while: on the server, and the hottest in the process too.

`caches.Cache` declares a kind of value, `tags.Tag` what many values depend on. A value that was
computed before a drop is never found after it, in whatever process it was computed.
"""
