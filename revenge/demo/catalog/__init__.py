"""The twelve demo films. Titles, people, companies and ids are invented."""

from revenge.demo.catalog.everyday import EVERYDAY
from revenge.demo.catalog.international import INTERNATIONAL
from revenge.demo.catalog.series import SERIES

FILMS = (*EVERYDAY, *INTERNATIONAL, *SERIES)

__all__ = ["FILMS"]
