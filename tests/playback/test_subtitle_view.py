"""Subtitle files beside films, as WebVTT."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.libraries.models import Library, MediaFile, SideFile
from apps.playback import subtitles
from apps.users.models import User
from tests import objects

SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello\n"


@pytest.fixture
def browser(browser_of: Callable[[User], Client], member: User) -> Client:
    return browser_of(member)


@pytest.fixture
def film(films: Library) -> MediaFile:
    return objects.make_media_file(films)


def subtitle(browser: Client, side_file: SideFile) -> HttpResponse:
    return browser.get(f"/subtitles/{side_file.pk}.vtt")


def test_a_subtitle_is_sent_as_webvtt(browser: Client, film: MediaFile) -> None:
    response = subtitle(browser, objects.make_subtitle(film, SRT))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert response.headers["Cache-Control"] == "private, max-age=3600"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.content.decode() == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello\n"


@pytest.mark.parametrize(
    ("language", "letters", "charset"),
    [("de", "Füße", "cp1252"), ("pl", "Zażółć gęślą jaźń", "cp1250"), ("en", "日本", "utf-16")],
)
def test_the_language_helps_to_read_old_files(
    browser: Client, film: MediaFile, language: str, letters: str, charset: str
) -> None:
    content = SRT.replace("Hello", letters).encode(charset)
    side_file = objects.make_subtitle(film, content, language=language)
    assert letters in subtitle(browser, side_file).content.decode()


def test_hostile_text_is_escaped(browser: Client, film: MediaFile) -> None:
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\n"
        '<script>alert(1)</script><img src=x onerror=alert(1)> & <i onclick="x">italic</i>'
        "<c.evil>\x00\x1b[31m{\\b1}bold --> not a time\n\nNOTE\n\nSTYLE\n::cue{}\n"
    )
    body = subtitle(browser, objects.make_subtitle(film, text)).content.decode()
    assert "<script" not in body
    assert "<img" not in body
    assert "onclick" not in body
    assert "\x00" not in body
    assert "\x1b" not in body
    assert "&amp;" in body
    assert body.count("-->") == 1
    assert body.startswith("WEBVTT\n\n")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.srt", b""),
        ("x.srt", b"\xff\xfe\x00"),
        ("x.ass", b"[Script Info]\nnothing"),
        ("x.vtt", b"WEBVTT\n"),
        ("x.sup", b"PG\0\0"),
        ("x.sub", b"{1}{2}text"),
    ],
)
def test_what_cannot_be_converted_is_404(
    browser: Client, film: MediaFile, name: str, content: bytes
) -> None:
    assert subtitle(browser, objects.make_subtitle(film, content, name)).status_code == 404


def test_a_huge_one_is_404(browser: Client, film: MediaFile) -> None:
    side_file = objects.make_subtitle(film, b"\n" * (subtitles.MAX_BYTES + 1))
    assert subtitle(browser, side_file).status_code == 404


def test_without_a_grant_it_is_404(
    browser_of: Callable[[User], Client], outsider: User, film: MediaFile
) -> None:
    side_file = objects.make_subtitle(film, SRT)
    assert subtitle(browser_of(outsider), side_file).status_code == 404


def test_gone_from_disk_it_is_404(browser: Client, film: MediaFile) -> None:
    side_file = objects.make_subtitle(film, SRT)
    (Path(film.root.path) / side_file.path).unlink()
    assert subtitle(browser, side_file).status_code == 404


def test_a_link_out_of_the_root_is_404(browser: Client, film: MediaFile, tmp_path: Path) -> None:
    side_file = objects.make_subtitle(film, SRT)
    path = Path(film.root.path) / side_file.path
    path.rename(tmp_path / "outside.srt")
    path.symlink_to(tmp_path / "outside.srt")
    assert subtitle(browser, side_file).status_code == 404


def test_a_pipe_does_not_hang_the_server(browser: Client, film: MediaFile) -> None:
    side_file = objects.make_subtitle(film, SRT)
    path = Path(film.root.path) / side_file.path
    path.unlink()
    os.mkfifo(path)
    assert subtitle(browser, side_file).status_code == 404
