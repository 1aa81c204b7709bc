"""Watching folders of films: a process of its own tells scans what has changed."""
