import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.movies.certifications import minimum_age


@pytest.mark.parametrize(
    ("certification", "age"),
    [
        ("G", 0), ("U", 0), ("TV-G", 0), ("FSK 0", 0), ("0", 0), ("AL", 0), ("Btl", 0),
        ("Tous publics", 0), ("PG", 8), ("TV-Y7", 7), ("PG-13", 13), ("PG13", 13), ("12", 12),
        ("12A", 12), ("FSK 12", 12), ("FSK-16", 16), ("fsk16", 16), ("M/12", 12), ("K-16", 16),
        ("VM14", 14), ("-12", 12), ("15", 15), ("MA15+", 15), ("MA 15+", 15), ("M", 15),
        ("R", 17), ("TV-14", 14), ("TV-MA", 17), ("NC-17", 18), ("R18+", 18), ("18+", 18),
        ("18A", 18), ("R21", 21), ("X", 18), ("UA 13+", 13), ("U/A", 12), ("A", 18),
        ("Rated R", 17), ("Rated PG-13 for 20 minutes of action", 13), ("US:PG-13", 13),
        ("USA:R", 17), ("Germany:16", 16), ("United Kingdom:15", 15), ("DE:FSK 12", 12),
        ("DE: FSK 12", 12), ("de/12", 12), ("DK:A", 0), ("India:A", 18),
        ("US:PG-13 / DE:FSK 16", 16), ("US:PG-13/GB:15", 15), ("US:NR / GB:15", 15),
        ("PG | 12", 12),
        ("", None), ("NR", None), ("Not Rated", None), ("Unrated", None), ("UR", None),
        ("99", None), ("22", None), ("2020", None), ("for adults", None),
        ("Rated", None), ("/", None),
    ],
)  # fmt: skip
def test_the_age_of_a_rating(certification: str, age: int | None) -> None:
    assert minimum_age(certification) == age


@given(st.text(max_size=64))
def test_any_text_is_read(text: str) -> None:
    age = minimum_age(text)
    assert age is None or 0 <= age <= 21
