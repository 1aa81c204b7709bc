"""The first opinion on playing a file in a browser."""

import dataclasses

import pytest

from apps.libraries.scan.probe import probe_file
from apps.libraries.scan.probe_types import Container, DolbyVision, MediaProbe
from apps.playback.direct_play import DirectPlay, Reason, Verdict, direct_play
from tests.media_files import Audio, Video, write_clip


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> MediaProbe:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return probe_file(str(write_clip(path, video=[Video()], audio=[Audio(), Audio("ac3")])))


def test_an_ordinary_mp4(film: MediaProbe) -> None:
    assert direct_play(film) == DirectPlay(
        mime_type='video/mp4; codecs="avc1.64000B,mp4a.40.2"',
        verdict=Verdict.PLAYABLE,
        reasons=(),
    )


@pytest.mark.parametrize(
    ("container", "mime_type", "reasons"),
    [
        (Container.MOV, "video/mp4", ()),
        (Container.WEBM, "video/webm", ()),
        (Container.MATROSKA, "video/x-matroska", (Reason.CONTAINER_NOT_EVERYWHERE,)),
        (Container.AVI, "video/x-msvideo", (Reason.CONTAINER,)),
        (Container.MPEG_TS, "video/mp2t", (Reason.CONTAINER,)),
        (Container.ASF, "video/x-ms-asf", (Reason.CONTAINER,)),
    ],
)
def test_containers(
    film: MediaProbe, container: Container, mime_type: str, reasons: tuple[Reason, ...]
) -> None:
    found = direct_play(dataclasses.replace(film, container=container))
    assert found.mime_type.startswith(f"{mime_type};")
    assert found.reasons == reasons


def test_every_container_has_a_type(film: MediaProbe) -> None:
    found = {direct_play(dataclasses.replace(film, container=item)).mime_type for item in Container}
    assert len(found) == len(Container) - 4  # MOV goes as MP4, discs as what MPEG calls theirs


@pytest.mark.parametrize(
    ("changes", "verdict", "reasons"),
    [
        ({"codec": "vp9", "pixel_format": "yuv420p10le"}, Verdict.PLAYABLE, ()),
        ({"codec": "av1"}, Verdict.PLAYABLE, ()),
        ({"codec": "hevc"}, Verdict.UNLIKELY, (Reason.VIDEO_CODEC_NOT_EVERYWHERE,)),
        ({"codec": "mpeg2video"}, Verdict.NO, (Reason.VIDEO_CODEC,)),
        ({"pixel_format": "yuv420p10le"}, Verdict.UNLIKELY, (Reason.VIDEO_PROFILE_NOT_EVERYWHERE,)),
        (
            {"codec": "hevc", "dolby_vision": DolbyVision(5)},
            Verdict.UNLIKELY,
            (Reason.VIDEO_CODEC_NOT_EVERYWHERE, Reason.VIDEO_PROFILE_NOT_EVERYWHERE),
        ),
    ],
)
def test_video(
    film: MediaProbe, changes: dict[str, object], verdict: Verdict, reasons: tuple[Reason, ...]
) -> None:
    video = dataclasses.replace(film.video[0], **changes)  # type: ignore[arg-type]
    found = direct_play(dataclasses.replace(film, video=(video,)))
    assert (found.verdict, found.reasons) == (verdict, reasons)


@pytest.mark.parametrize(
    ("codec", "verdict"),
    [
        ("mp3", Verdict.PLAYABLE),
        ("opus", Verdict.PLAYABLE),
        ("flac", Verdict.PLAYABLE),
        ("eac3", Verdict.UNLIKELY),
        ("dts", Verdict.NO),
        ("truehd", Verdict.NO),
    ],
)
def test_audio(film: MediaProbe, codec: str, verdict: Verdict) -> None:
    audio = dataclasses.replace(film.audio[0], codec=codec)
    assert direct_play(dataclasses.replace(film, audio=(audio,))).verdict is verdict


def test_the_default_track_is_the_one_that_is_heard(film: MediaProbe) -> None:
    first, second = film.audio
    tracks = (
        dataclasses.replace(first, is_default=False),
        dataclasses.replace(second, is_default=True),
    )
    found = direct_play(dataclasses.replace(film, audio=tracks))
    assert found.reasons == (Reason.AUDIO_CODEC_NOT_EVERYWHERE,)
    assert found.mime_type == 'video/mp4; codecs="avc1.64000B,ac-3"'


def test_a_silent_film(film: MediaProbe) -> None:
    found = direct_play(dataclasses.replace(film, audio=()))
    assert (found.verdict, found.mime_type) == (Verdict.PLAYABLE, 'video/mp4; codecs="avc1.64000B"')
