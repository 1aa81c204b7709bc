"""Posters and backdrops of the demo films, drawn from geometry alone."""
