"""Names of subtitles and sound tracks beside a film."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.libraries.scan.sidefiles import SideFileKind, SideFileName, match_side_file


def subtitle(extension: str = "srt", **facts: object) -> SideFileName:
    return SideFileName(SideFileKind.SUBTITLE, extension, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Film.srt", subtitle()),
        ("FILM.EN.SRT", subtitle(language="en")),
        ("Film.eng.forced.srt", subtitle(language="en", is_forced=True)),
        ("Film.pt-BR.srt", subtitle(language="pt-BR")),
        ("Film.es-419.srt", subtitle(language="es-419")),
        ("Film.zh-Hans.default.ass", subtitle("ass", language="zh-Hans", is_default=True)),
        ("Film.German.SDH.srt", subtitle(language="de", is_hearing_impaired=True)),
        ("Film.en.cc.vtt", subtitle("vtt", language="en", is_hearing_impaired=True)),
        ("Film.hi.srt", subtitle(language="hi")),
        ("Film.en.hi.srt", subtitle(language="en", is_hearing_impaired=True)),
        ("Film.en.Signs & Songs.ass", subtitle("ass", language="en", title="Signs & Songs")),
        ("Film.is this it.srt", subtitle(title="is this it")),
        ("Film.English [SDH].srt", subtitle(language="en", is_hearing_impaired=True)),
        ("Film (English).srt", subtitle(language="en")),
        ("Film_ger.srt", subtitle(language="de")),
        ("Film-en-forced.srt", subtitle(language="en", is_forced=True)),
        ("Film.idx", subtitle("idx")),
        ("Film.fr.sup", subtitle("sup", language="fr")),
        ("Film.2.srt", subtitle(title="2")),
        ("Film 2.srt", None),
        ("Films.en.srt", None),
        ("Other.srt", None),
        ("Film.txt", None),
        ("Film.nfo", None),
        ("Film.ac3", None),
        ("Film.commentary.mka", None),
        ("English.srt", None),
    ],
)
def test_beside_the_film(name: str, expected: SideFileName | None) -> None:
    assert match_side_file("Film", name, in_subs_folder=False) == expected


def test_sound_track() -> None:
    found = match_side_file("Film (2000)", "Film (2000).eng.Commentary.mka", in_subs_folder=False)
    assert found == SideFileName(
        SideFileKind.AUDIO, "mka", language="en", title="Commentary", is_commentary=True
    )


@pytest.mark.parametrize("extension", ["srt", "ass", "ssa", "vtt", "sub", "idx", "sup"])
@pytest.mark.parametrize(
    ("words", "facts"),
    [
        ("", {}),
        (".de", {"language": "de"}),
        (".forced", {"is_forced": True}),
        (".default", {"is_default": True}),
        (".sdh", {"is_hearing_impaired": True}),
        (".cc", {"is_hearing_impaired": True}),
        (".en.forced.default", {"language": "en", "is_forced": True, "is_default": True}),
        (".en.default.hi", {"language": "en", "is_default": True, "is_hearing_impaired": True}),
        (
            ".en.forced.default.sdh",
            {"language": "en", "is_forced": True, "is_default": True, "is_hearing_impaired": True},
        ),
        (
            ".en.Director's Commentary",
            {"language": "en", "title": "Director's Commentary", "is_commentary": True},
        ),
    ],
)
def test_every_subtitle(extension: str, words: str, facts: dict[str, object]) -> None:
    name = f"Mr. Film (2000){words}.{extension}"
    for written in (name, name.upper()):
        found = match_side_file("Mr. Film (2000)", written, in_subs_folder=False)
        expected = subtitle(extension, **facts)
        assert found is not None
        assert replace(found, title=expected.title) == expected


@pytest.mark.parametrize("extension", ["ac3", "eac3", "dts", "flac", "aac", "mka"])
def test_every_sound_track(extension: str) -> None:
    found = match_side_file("Film", f"Film.pt-BR.{extension}", in_subs_folder=False)
    assert found == SideFileName(SideFileKind.AUDIO, extension, language="pt-BR")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2_English.srt", subtitle(language="en")),
        ("English.srt", subtitle(language="en")),
        ("ger.forced.srt", subtitle(language="de", is_forced=True)),
        ("3_Latin American Spanish.srt", subtitle(language="es", title="Latin American")),
        ("10_ger,German [Forced].srt", subtitle(language="de", is_forced=True)),
        ("Film.en.srt", subtitle(language="en")),
        ("Other.en.srt", None),
        ("Other.srt", None),
    ],
)
def test_in_a_subs_folder(name: str, expected: SideFileName | None) -> None:
    assert match_side_file("Film", name, in_subs_folder=True) == expected


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=40), st.booleans())
def test_any_name(stem: str, name: str, in_subs: bool) -> None:  # noqa: FBT001
    found = match_side_file(stem, f"{stem}.{name}.srt", in_subs_folder=in_subs)
    assert found is None or (found.title or "x").encode()
