"""Films to try the server with: a designed library of twelve, and any number of tiny ones."""
