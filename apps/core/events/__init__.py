"""Events: what happens on the server, told at once to those who look at it.

They are hints for whoever is connected, and nothing that must not be lost: what they tell of is in
the database. `publishing` writes them into a stream of the key-value server; in the realtime
process `hub` reads it and `streams` hands them to the connections, as server-sent events
(https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""
