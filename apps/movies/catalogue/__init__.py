"""How files become films: reading what lies beside them, identifying, describing."""

from apps.movies.catalogue.catalogue import MovieCatalogue

__all__ = ["MovieCatalogue"]
