"""The database toolkit: errors, transactions, claims, pages, the pool, migrations."""
