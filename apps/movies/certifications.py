"""The age that a film's rating asks for."""

import re
from typing import Final

_AGES: Final = {
    # For everybody.
    "G": 0, "U": 0, "UC": 0, "E": 0, "L": 0, "T": 0, "TP": 0, "AL": 0, "ALL": 0, "ATP": 0, "BTL": 0,
    "GA": 0, "LIVRE": 0, "APTA": 0, "TOUS PUBLICS": 0, "O.AL.": 0, "TV-Y": 0, "TV-G": 0,
    "APPROVED": 0, "PASSED": 0, "I": 0, "DK:A": 0, "ES:A": 0, "FI:S": 0, "MX:AA": 0, "MX:A": 0,
    # With parents. "PG should not unsettle a child aged around eight."
    "PG": 8, "GP": 8, "TV-PG": 8, "TV-Y7": 7, "TV-Y7-FV": 7,
    # For the young.
    "UA": 12, "U/A": 12, "MX:B": 12, "IIA": 12, "AA": 14, "M": 15, "MA": 15, "IIB": 15,
    # For adults, and almost.
    "R": 17, "TV-MA": 17, "NC-17": 18, "A": 18, "X": 18, "XXX": 18, "AO": 18, "RX": 18, "III": 18,
    "MX:C": 18, "MX:D": 18,
}  # fmt: skip
# Several ratings in one text, as Kodi writes them: "US:PG-13 / DE:FSK 12".
_BETWEEN: Final = re.compile(r"\s+/\s+|\s*/\s*(?=[^\W\d]{2,}\s*:)|[|,;]")
_RATED: Final = re.compile(r"RATED\s+(\S+).*", re.DOTALL)
_COUNTRY: Final = re.compile(r"([^\W\d]{2,}(?:[ -][^\W\d]+)*)\s*[:/]\s*(?=\S{2}|[A-Z0-9]$)")
# "FSK 12", "12A", "M/12", "K-16", "VM14", "-12", "R18+", "MA 15+", "UA 13+", "TV-14".
_WITH_AGE: Final = re.compile(
    r"(?:[^\W\d]+[\s./-]*)?[\s./-]*(\d{1,2})\s*(?:\+|A|R|PG|AP|ANS?|LVL)*"
)
_OLDEST: Final = 21


def minimum_age(certification: str) -> int | None:
    """In years; None where the rating says nothing, or nothing that is known. Of several ratings
    the strictest counts.

    Ages by the boards' own words: https://www.motionpictures.org/film-ratings/ (MPA),
    https://www.tvguidelines.org, https://www.bbfc.co.uk/about-classification,
    https://www.fsk.de, https://www.classification.gov.au, and for the others
    https://en.wikipedia.org/wiki/Motion_picture_content_rating_system. A letter that two
    countries use differently counts as the stricter, unless the country is named.
    """
    ages = [_age(part.strip()) for part in _BETWEEN.split(certification.upper())]
    return max((age for age in ages if age is not None), default=None)


def _age(rating: str) -> int | None:
    country = ""
    if rating in _AGES:
        return _AGES[rating]
    if rated := _RATED.fullmatch(rating):
        rating = rated[1]
    elif named := _COUNTRY.match(rating):
        country, rating = named[1], rating[named.end() :]
    for known in (f"{country}:{rating}", rating):
        if known in _AGES:
            return _AGES[known]
    with_age = _WITH_AGE.fullmatch(rating)
    age = int(with_age[1]) if with_age else None
    return age if age is not None and age <= _OLDEST else None
