"""Whether the encoders work: some frames through each."""

import functools
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.probes import Check, Health, Probe
from revenge.demo.film import AudioCodec, VideoCodec

_FRAMES = 5
_RATE = 48_000
_OPTIONS = {
    VideoCodec.HEVC: {"preset": "ultrafast", "x265-params": "log-level=none:pools=1"},
    VideoCodec.AV1: {"preset": "10", "svtav1-params": "lp=1"},
    VideoCodec.VP9: {"deadline": "realtime", "cpu-used": "8"},
}


def self_test() -> Check:
    broken = {name: problem for name, problem in _problems().items() if problem}
    facts = {name: broken.get(name) or _("works") for name in _problems()}
    if broken:
        message = _("Do not work: %(names)s") % {"names": ", ".join(broken)}
        return Check(Health.DEGRADED, message, facts=facts)
    return Check(Health.HEALTHY, facts=facts)


@functools.lru_cache(maxsize=1)
def _problems() -> dict[str, str]:
    """Encoder → problem, "" for none. They do not change while a process runs."""
    return {codec.value: _problem(codec) for codec in (*VideoCodec, *AudioCodec)}


def _problem(codec: VideoCodec | AudioCodec) -> str:
    from av.error import FFmpegError  # noqa: PLC0415  (heavy, and only here)

    try:
        size = _encode_video(codec) if isinstance(codec, VideoCodec) else _encode_audio(codec)
    except (FFmpegError, ValueError) as error:
        return str(error)
    return "" if size else "gives nothing"


def _encode_video(codec: VideoCodec) -> int:
    """The size of some grey frames. Raises FFmpegError and ValueError."""
    import av  # noqa: PLC0415

    context = av.CodecContext.create(codec.value, "w")
    assert isinstance(context, av.VideoCodecContext)  # noqa: S101
    context.width, context.height, context.pix_fmt = 128, 128, "yuv420p"
    context.time_base = Fraction(1, 25)
    context.options = _OPTIONS.get(codec, {})
    size = 0
    for number in range(_FRAMES):
        frame = av.VideoFrame(128, 128, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts = number
        size += sum(packet.size for packet in context.encode(frame))
    return size + sum(packet.size for packet in context.encode(None))


def _encode_audio(codec: AudioCodec) -> int:
    """The size of some silence. Raises FFmpegError and ValueError."""
    import av  # noqa: PLC0415

    context = av.CodecContext.create(codec.value, "w")
    assert isinstance(context, av.AudioCodecContext)  # noqa: S101
    formats = context.codec.audio_formats or []
    context.rate, context.layout, context.format = _RATE, "stereo", formats[0].name
    context.time_base = Fraction(1, _RATE)
    context.open()
    samples = context.frame_size or 1024
    size = 0
    for number in range(_FRAMES):
        frame = av.AudioFrame(formats[0].name, "stereo", samples)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.rate, frame.pts = _RATE, number * samples
        size += sum(packet.size for packet in context.encode(frame))
    return size + sum(packet.size for packet in context.encode(None))


PROBE = Probe(
    self_test,
    Check(Health.DEGRADED, gettext_lazy("Still being tested: load again")),
    gettext_lazy("Encoders"),
)
