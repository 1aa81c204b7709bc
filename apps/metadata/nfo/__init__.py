"""Reading NFO files: Kodi's XML beside a film, or a bare link to it."""

from apps.metadata.nfo.parser import parse_nfo
from apps.metadata.nfo.types import MovieNfo, NfoError

__all__ = ["MovieNfo", "NfoError", "parse_nfo"]
