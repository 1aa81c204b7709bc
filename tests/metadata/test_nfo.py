"""Reading NFO files: well-formed, careless and hostile."""

import codecs
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.metadata.nfo import MovieNfo, NfoError, parse_nfo
from apps.metadata.nfo.parser import MAX_BYTES
from apps.metadata.nfo.types import (
    NfoActor,
    NfoAudio,
    NfoCollection,
    NfoFileInfo,
    NfoRating,
    NfoVideo,
)

COMPLETE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<movie>
  <title>Die fabelhafte Welt</title>
  <originaltitle>Le Fabuleux Destin</originaltitle>
  <sorttitle>Fabelhafte Welt</sorttitle>
  <ratings>
    <rating name="imdb" max="10" default="true"><value>8.3</value><votes>812,345</votes></rating>
    <rating name="metacritic" max="100"><value>69</value></rating>
    <rating name="broken"><value>many</value></rating>
  </ratings>
  <userrating>9</userrating>
  <year>2001</year>
  <premiered>2001-04-25</premiered>
  <outline>Short.</outline>
  <plot>Long &amp; winding.</plot>
  <tagline>She'll change your life.</tagline>
  <runtime>122 min</runtime>
  <mpaa>Rated R</mpaa>
  <uniqueid type="tmdb" default="true">194</uniqueid>
  <uniqueid type="imdb">tt0211915</uniqueid>
  <uniqueid type="trakt">127</uniqueid>
  <genre>Comedy / Romance</genre>
  <genre>Comedy</genre>
  <country>France</country>
  <studio>UGC</studio>
  <studio>Victoires</studio>
  <tag>paris</tag>
  <set tmdbcolid="12"><name>Montmartre</name><overview>Films.</overview></set>
  <director>Jean-Pierre Jeunet</director>
  <credits>Guillaume Laurant</credits>
  <actor><name>Mathieu Kassovitz</name><role>Nino</role><order>1</order></actor>
  <actor><name>Audrey Tautou</name><role>Amélie</role><order>0</order>
    <thumb>https://example.org/a.jpg</thumb></actor>
  <actor><role>Nobody</role></actor>
  <trailer>plugin://plugin.video.youtube/?action=play_video&amp;videoid=HUECWi5pX7o</trailer>
  <fileinfo><streamdetails>
    <video><codec>h264</codec><aspect>2.35</aspect><width>1920</width><height>816</height>
      <durationinseconds>7320</durationinseconds></video>
    <audio><codec>dts</codec><language>fre</language><channels>6</channels></audio>
    <subtitle><language>eng</language></subtitle>
    <subtitle><language>German</language></subtitle>
  </streamdetails></fileinfo>
  <dateadded>2020-02-03 04:05:06</dateadded>
  <lockdata>true</lockdata>
</movie>
"""


def test_complete_file() -> None:
    assert parse_nfo(COMPLETE.encode()) == MovieNfo(
        tmdb_id=194,
        imdb_id="tt0211915",
        unique_ids=(("tmdb", "194"), ("imdb", "tt0211915"), ("trakt", "127")),
        title="Die fabelhafte Welt",
        original_title="Le Fabuleux Destin",
        sort_title="Fabelhafte Welt",
        year=2001,
        premiered=dt.date(2001, 4, 25),
        plot="Long & winding.",
        outline="Short.",
        tagline="She'll change your life.",
        runtime=122,
        content_rating="Rated R",
        ratings=(
            NfoRating("imdb", 8.3, 10.0, 812_345, is_default=True),
            NfoRating("metacritic", 69.0, 100.0, None, is_default=False),
        ),
        user_rating=9.0,
        genres=("Comedy", "Romance"),
        countries=("France",),
        studios=("UGC", "Victoires"),
        tags=("paris",),
        collection=NfoCollection("Montmartre", "Films.", 12),
        directors=("Jean-Pierre Jeunet",),
        writers=("Guillaume Laurant",),
        actors=(
            NfoActor("Audrey Tautou", "Amélie", 0, "https://example.org/a.jpg"),
            NfoActor("Mathieu Kassovitz", "Nino", 1, None),
        ),
        trailer="https://www.youtube.com/watch?v=HUECWi5pX7o",
        file_info=NfoFileInfo(
            video=(NfoVideo("h264", "2.35", 1920, 816, 7320),),
            audio=(NfoAudio("dts", "fr", 6),),
            subtitles=("en", "de"),
        ),
        date_added=dt.datetime(2020, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
        is_locked=True,
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("https://www.themoviedb.org/movie/603-the-matrix", MovieNfo(tmdb_id=603)),
        ("art art\nhttps://www.imdb.com/title/tt0133093/\n", MovieNfo(imdb_id="tt0133093")),
        ("<movie><title>A</title></movie>\nhttps://www.themoviedb.org/movie/603",
         MovieNfo(tmdb_id=603, title="A")),
        ("https://www.imdb.com/title/tt0133093\n<movie><title>A</title></movie>",
         MovieNfo(imdb_id="tt0133093", title="A")),
        ("<movie><title>A</movie> tt0133093", MovieNfo(imdb_id="tt0133093")),
        ("<movie/>", MovieNfo()),
        ("", None),
        ("just a group's art", None),
        ("<tvshow><title>A</title></tvshow>", None),
        ("<movies><title>A</title></movies>", None),
    ],
)  # fmt: skip
def test_links(content: str, expected: MovieNfo | None) -> None:
    assert parse_nfo(content.encode()) == expected


def test_ids_of_other_writers() -> None:
    assert _movie("<id>tt0133093</id>").imdb_id == "tt0133093"
    assert _movie("<id>603</id>").tmdb_id == 603
    assert _movie("<tmdbid>603</tmdbid><imdbid>tt0133093</imdbid>").imdb_id == "tt0133093"
    assert _movie("<uniqueid>tt0133093</uniqueid>").imdb_id == "tt0133093"
    broken = _movie('<uniqueid type="tmdb">x</uniqueid><uniqueid type="imdb">603</uniqueid>')
    assert (broken.tmdb_id, broken.imdb_id, broken.unique_ids) == (None, None, ())


def test_old_style_values() -> None:
    found = _movie("<rating>7,5</rating><votes>1.234</votes><set>Trilogy</set><writer>W</writer>")
    assert found.ratings == (NfoRating("default", 7.5, 10.0, 1234, is_default=True),)
    assert found.collection == NfoCollection("Trilogy", None, None)
    assert found.writers == ("W",)


@pytest.mark.parametrize(
    "content",
    [
        "<year>soon</year>", "<year>99999999999</year>", "<runtime/>", "<runtime>long</runtime>",
        "<premiered>2001-13-45</premiered>", "<dateadded>yesterday</dateadded>", "<rating/>",
        "<rating>nan</rating>", "<rating>11</rating>", "<rating>-1</rating>", "<set/>", "<actor/>",
        "<userrating>inf</userrating>", "<trailer>javascript:alert(1)</trailer>",
        "<trailer>file:///etc/passwd</trailer>", "<fileinfo/>", "<title>   </title>",
    ],
)  # fmt: skip
def test_broken_values_are_not_stated(content: str) -> None:
    assert _movie(content) == MovieNfo()


def test_year_from_the_premiere() -> None:
    assert _movie("<premiered>1999-03-31</premiered>").year == 1999


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "<movie><title>Amélie</title></movie>".encode(),
        '<?xml version="1.0" encoding="utf-16"?><movie><title>Amélie</title></movie>'.encode(
            "utf-16"
        ),
        '<?xml version="1.0" encoding="ISO-8859-1"?><movie><title>Amélie</title></movie>'.encode(
            "latin-1"
        ),
        "<movie><title>Amélie</title></movie>".encode("cp1252"),
        '<?xml version="1.0" encoding="punycode"?><movie><title>Amélie</title></movie>'.encode(),
        '<?xml version="1.0" encoding="utf-16"?><movie><title>Amélie</title></movie>'.encode(),
        "  \n<movie><title>Am\x00\x08élie</title></movie>".encode(),
        b"<movie><title>Am&eacute;lie</title></movie>",
        "<movie><title>Amélie</title></movie><movie><title>Two</title></movie>".encode(),
        "<!DOCTYPE movie><movie><title>Amélie</title></movie>".encode(),
    ],
)
def test_encodings_and_carelessness(data: bytes) -> None:
    found = parse_nfo(data)
    assert found is not None
    assert found.title == "Amélie"


def test_bare_ampersand() -> None:
    assert _movie("<title>Fast & Furious &amp; Co</title>").title == "Fast & Furious & Co"


BILLION_LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE movie [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>
<movie><title>&c;</title></movie>"""
EXTERNAL = b"""<!DOCTYPE movie [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<movie><title>&x;</title></movie>"""


@pytest.mark.parametrize(
    "data",
    [
        BILLION_LAUGHS,
        BILLION_LAUGHS.decode().encode("utf-16"),
        BILLION_LAUGHS + b" https://www.imdb.com/title/tt0133093/",
        EXTERNAL,
        b"<movie><title>A</movie>",
        b"<movie><title>A</title>",
        b"<movie>" + b"<a>" * 1000,
        b" " * (MAX_BYTES + 1),
    ],
)
def test_unusable_file(data: bytes) -> None:
    with pytest.raises(NfoError):
        parse_nfo(data)


def test_deep_nesting() -> None:
    depth = 100_000
    data = b"<movie>" + b"<a>" * depth + b"</a>" * depth + b"<title>A</title></movie>"
    found = parse_nfo(data)
    assert found is not None
    assert found.title == "A"


TAGS = ["title", "year", "rating", "ratings", "set", "actor", "runtime", "uniqueid", "premiered"]
ELEMENTS = st.recursive(
    st.text(max_size=12),
    lambda inner: st.tuples(st.sampled_from(TAGS), inner).map(
        lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.lists(ELEMENTS, max_size=8).map("".join))
def test_any_content(content: str) -> None:
    try:
        found = parse_nfo(f"<movie>{content}</movie>".encode("utf-8", "replace"))
    except NfoError:
        return
    assert found is not None
    assert found.year is None or 1870 <= found.year < 2200


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for content in (data, b"<movie>" + data + b"</movie>"):
        try:
            found = parse_nfo(content)
        except NfoError:
            continue
        assert found is None or isinstance(found, MovieNfo)


def _movie(content: str) -> MovieNfo:
    found = parse_nfo(f"<movie>{content}</movie>".encode())
    assert found is not None
    return found
