"""Subtitles as safe WebVTT."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.playback.subtitles import FORMATS, MAX_BYTES, SubtitleError, to_webvtt

ASS = r"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Style: Default,Arial,20,&HFFFFFF,&H0,&H0,&H0,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1
Style: Thought,Arial,20,&HFFFFFF,&H0,&H0,&H0,0,-1,0,0,100,100,0,0,1,2,2,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:03.00,0:00:04.00,Thought,,0,0,0,,Styled
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\i1}One{\i0}\NTwo {\b1\u1}three{\r}, four
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\an8\pos(1,2)}Top\hline
Dialogue: 0,0:00:07.00,0:00:08.00,Default,,0,0,0,,{\p1}m 0 0 l 100 100{\p0}
Comment: 0,0:00:09.00,0:00:10.00,Default,,0,0,0,,secret
"""


def cue(text: str) -> str:
    """The payload of a one-cue SubRip file as WebVTT."""
    found = to_webvtt(f"1\n00:00:01,000 --> 00:00:02,500\n{text}\n".encode(), format="srt")
    head, _, payload = found.partition("00:00:01.000 --> 00:00:02.500")
    assert head == "WEBVTT\n\n"
    return payload.strip()


def test_srt() -> None:
    srt = (
        "\ufeff1\r\n00:00:01,000 --> 00:00:02,500 X1:1\r\nHello\r\nworld\r\n\r\n"
        "2\r\n00:00:00,000 --> 01:02:03,004\r\nFirst\r\n\r\n"
        "3\r\n00:00:05,000 --> 00:00:06,000\r\n\r\n"
        "4\r\n00:00:07,000 --> 00:00:06,000\r\nBackwards\r\n"
    )
    assert to_webvtt(srt.encode(), format="srt") == (
        "WEBVTT\n\n00:00:00.000 --> 01:02:03.004\nFirst\n\n"
        "00:00:01.000 --> 00:00:02.500\nHello\nworld\n"
    )


def test_ass() -> None:
    assert to_webvtt(ASS.encode(), format="ass") == (
        "WEBVTT\n\n"
        "00:00:01.000 --> 00:00:02.500\n<i>One</i>\nTwo <u><b>three</b></u>, four\n\n"
        "00:00:03.000 --> 00:00:04.000\n<i>Styled</i>\n\n"
        "00:00:05.000 --> 00:00:06.000 line:5%\nTop\u00a0line\n"
    )


def test_vtt_is_read_and_written_anew() -> None:
    vtt = (
        "WEBVTT - title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE hello\n\n"
        "intro\n00:01.000 --> 00:02.000 line:0 align:left\n"
        "<v Bob>Hi <c.red>there</c> <00:00:01.500>you<00:00:01.700></v> &amp; &lt;b&gt;\n\n"
        "NOTE <script>\n\nsecond\n00:00:03.000 --> 00:00:04.000\n<i.loud>Two</i>\n"
    )
    assert to_webvtt(vtt.encode(), format="vtt") == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHi there you &amp; &lt;b&gt;\n\n"
        "00:00:03.000 --> 00:00:04.000\n<i>Two</i>\n"
    )


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("<i>a</i> <b>b</b> <u>c</u> <I>d</I>", "<i>a</i> <b>b</b> <u>c</u> <i>d</i>"),
        ("<b><i>a</b></i> b", "<i><b>a</b></i> b"),
        ("<i>a", "<i>a</i>"),
        ("a</i>", "a"),
        ('<font color="red">a</font>', "a"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)>a", "a"),
        ('<i onclick="x">a</i>', "<i>a</i>"),
        ("1 < 2 > 0 & 3", "1 &lt; 2 &gt; 0 &amp; 3"),
        ("&lt;script&gt; &amp;lt;", "&lt;script&gt; &amp;lt;"),
        ("<<i>script>a", "&lt;<i>script&gt;a</i>"),
        ("<scr\nipt>a", "a"),
        ("00:00:01,000 -- > x", "00:00:01,000 -- &gt; x"),
        ("a --> b", "a --&gt; b"),
        (r"{\an8}a {\i1}b{\i0}", "line:5%\na <i>b</i>"),
        ("{y:i}a", "a"),
        ("a\x00\x1b b", "a b"),
        ("a\n\n\n\nb", "a\nb"),
    ],
)
def test_markup(text: str, payload: str) -> None:
    assert cue(text) == payload


def test_charset_by_language() -> None:
    data = "1\n00:00:01,000 --> 00:00:02,500\nşimdi görüşürüz\n".encode("cp1254")
    assert "şimdi görüşürüz" in to_webvtt(data, format="srt", language="tr")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "srt"),
        (b"no subtitle", "srt"),
        (b"WEBVTT\n", "vtt"),
        (b"[Script Info]\n", "ass"),
        (ASS.replace("0:00:01.00", "soon").replace("&", "").encode()[:120], "ass"),
        (b"1\n00:00:01,000 --> 00:00:02,500\nHi\n", "sub"),
        (b"1\n00:00:01,000 --> 00:00:02,500\nHi\n", "json"),
        (b" " * (MAX_BYTES + 1), "srt"),
    ],
)
def test_unusable_file(data: bytes, name: str) -> None:
    with pytest.raises(SubtitleError):
        to_webvtt(data, format=name)


SAFE_LINE = re.compile(r"(?:[^<>&]|&amp;|&lt;|&gt;|</?[ibu]>)*")
TEXT = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="<>/ibu &;\\{}N-=\n0:1", max_size=60),
)


def assert_safe(vtt: str) -> None:
    blocks = vtt.split("\n\n")
    assert blocks[0] == "WEBVTT"
    for block in blocks[1:]:
        timing, *lines = block.strip("\n").split("\n")
        assert re.fullmatch(
            r"\d{2,}:\d\d:\d\d\.\d{3} --> \d{2,}:\d\d:\d\d\.\d{3}( line:5%)?", timing
        )
        assert lines
        assert all(SAFE_LINE.fullmatch(line) for line in lines)
        assert not any("-->" in line for line in lines)


@settings(deadline=None)
@given(TEXT, st.sampled_from(["srt", "vtt", "ass"]))
def test_any_text_is_safe(text: str, name: str) -> None:
    if name == "ass":
        data = f"{ASS}Dialogue: 0,0:00:11.00,0:00:12.00,Default,,0,0,0,,{text}\n"
    else:
        data = f"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nx{text}\n"
    assert_safe(to_webvtt(data.encode("utf-8", "replace"), format=name))


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(sorted(FORMATS)))
def test_any_bytes(data: bytes, name: str) -> None:
    try:
        assert_safe(to_webvtt(data, format=name))
    except SubtitleError as error:
        assert str(error)  # noqa: PT017
