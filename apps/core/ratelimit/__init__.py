"""How often somebody may ask.

`limits` says what a limit is, `checking` counts on the server, in the process while it is away;
`middleware` limits every route by the caller's address and the route's tier, `throttles` some API
views by user.
"""
