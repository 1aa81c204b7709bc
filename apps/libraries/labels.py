"""What formats, languages and kinds are called where people read them."""

from collections.abc import Mapping

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from apps.libraries.scan.extras import ExtraKind
from apps.libraries.scan.probe_types import HdrKind, VideoTrack

_CONTAINERS: Mapping[str, str] = {
    "matroska": "Matroska",
    "webm": "WebM",
    "mp4": "MP4",
    "mov": "QuickTime",
    "avi": "AVI",
    "asf": "Windows Media",
    "flv": "Flash Video",
    "mpegts": "MPEG-TS",
    "mpeg": "MPEG-PS",
    "mpegvideo": "MPEG Video",
    "ogg": "Ogg",
    "bluray": "Blu-ray",
    "dvd": "DVD",
}
_CODECS: Mapping[str, str] = {
    "h264": "H.264",
    "hevc": "HEVC",
    "av1": "AV1",
    "vp8": "VP8",
    "vp9": "VP9",
    "vc1": "VC-1",
    "mpeg4": "MPEG-4",
    "msmpeg4v3": "DivX 3",
    "mpeg1video": "MPEG-1",
    "mpeg2video": "MPEG-2",
    "theora": "Theora",
    "aac": "AAC",
    "ac3": "Dolby Digital",
    "eac3": "Dolby Digital Plus",
    "truehd": "Dolby TrueHD",
    "dts": "DTS",
    "opus": "Opus",
    "vorbis": "Vorbis",
    "flac": "FLAC",
    "alac": "ALAC",
    "mp2": "MP2",
    "mp3": "MP3",
    "subrip": "SubRip",
    "srt": "SubRip",
    "ass": "ASS",
    "ssa": "SSA",
    "webvtt": "WebVTT",
    "vtt": "WebVTT",
    "mov_text": "MP4 Text",
    "hdmv_pgs_subtitle": "PGS",
    "sup": "PGS",
    "dvd_subtitle": "VobSub",
    "sub": "VobSub",
    "idx": "VobSub",
}
_RANGES: Mapping[str, str] = {
    HdrKind.HDR10: "HDR10",
    HdrKind.HDR10_PLUS: "HDR10+",
    HdrKind.HLG: "HLG",
    HdrKind.DOLBY_VISION: "Dolby Vision",
}
# What a Dolby Vision film's picture is to a player without it, by the compatibility id.
_DOLBY_VISION_BASES: Mapping[int, str] = {1: "HDR10", 2: "SDR", 4: "HLG", 6: "HDR10"}
# Profiles whose name has the compatibility id behind it.
_WITH_COMPATIBILITY = frozenset((8, 9, 10))
_CHANNELS: Mapping[int, str | Promise] = {
    1: gettext_lazy("Mono"),
    2: gettext_lazy("Stereo"),
    6: "5.1",
    8: "7.1",
}
_EXTRAS: Mapping[str, Promise] = {
    ExtraKind.TRAILER: gettext_lazy("Trailer"),
    ExtraKind.BEHIND_THE_SCENES: gettext_lazy("Behind the scenes"),
    ExtraKind.DELETED_SCENE: gettext_lazy("Deleted scene"),
    ExtraKind.FEATURETTE: gettext_lazy("Featurette"),
    ExtraKind.INTERVIEW: gettext_lazy("Interview"),
    ExtraKind.SCENE: gettext_lazy("Scene"),
    ExtraKind.SHORT: gettext_lazy("Short film"),
    ExtraKind.CLIP: gettext_lazy("Clip"),
    ExtraKind.SAMPLE: gettext_lazy("Sample"),
    ExtraKind.THEME_MUSIC: gettext_lazy("Theme music"),
    ExtraKind.BACKDROP: gettext_lazy("Backdrop"),
}


def container_label(container: str) -> str:
    return _CONTAINERS.get(container, container.upper())


def codec_label(codec: str) -> str:
    if codec.startswith("pcm_"):
        return "PCM"
    return _CODECS.get(codec, codec.upper())


def dynamic_range_label(dynamic_range: str) -> str:
    """`""` for the ordinary range."""
    return _RANGES.get(dynamic_range, "")


def hdr_label(track: VideoTrack) -> str:
    """`Dolby Vision 8.1 (HDR10)`, `HDR10+`; "" for the ordinary range."""
    names = [dynamic_range_label(track.hdr)]
    if vision := track.dolby_vision:
        compatibility = vision.compatibility_id or 0
        with_compatibility = compatibility and vision.profile in _WITH_COMPATIBILITY
        number = f"{vision.profile}.{compatibility}" if with_compatibility else vision.profile
        base = _DOLBY_VISION_BASES.get(compatibility)
        names = [f"Dolby Vision {number} ({base})" if base else f"Dolby Vision {number}"]
        if track.has_hdr10_plus:
            names.append("HDR10+")
    return " · ".join(name for name in names if name)


def sound_label(codec: str, profile: str | None) -> str:
    """A sound codec with what its profile adds: `Dolby TrueHD Atmos`, `DTS-HD MA + DTS:X`."""
    profile = profile or ""
    if codec == "dts" and profile:
        return profile
    if codec == "aac" and profile.startswith(("HE", "xHE")):
        return profile
    name = codec_label(codec)
    return f"{name} Atmos" if "Atmos" in profile else name


def bitrate_label(bits: int | None) -> str:
    """Bits a second as people say them; "" when nothing is known."""
    if not bits:
        return ""
    if bits < 10_000_000:
        return f"{bits // 1000} kbit/s"
    return f"{number_format(bits / 1_000_000, decimal_pos=1)} Mbit/s"


def rate_label(rate: float, unit: str) -> str:
    """`23.98 fps`, `44.1 kHz`: four digits say it."""
    return f"{number_format(f'{rate:.4g}')} {unit}"


def channels_label(channels: int) -> str:
    if channels in _CHANNELS:
        return str(_CHANNELS[channels])
    return _("%(count)d channels") % {"count": channels}


def extra_label(kind: str) -> str:
    return str(_EXTRAS.get(kind, gettext_lazy("Extra")))


def language_label(tag: str | None) -> str:
    """A BCP 47 tag in the reader's language; `""` when nothing is stated."""
    if not tag or tag == "und":
        return ""
    for candidate in (tag.lower(), tag.split("-")[0].lower()):
        try:
            return str(get_language_info(candidate)["name_translated"])
        except KeyError:
            continue
    return tag
