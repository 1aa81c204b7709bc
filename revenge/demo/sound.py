"""Quiet chords, synthesized into 16-bit samples."""

from __future__ import annotations

import functools
import math
from array import array

SAMPLE_RATE = 48_000
LOOP_SECONDS = 4
FADE_SECONDS = 1.5
PEAK = 5_000


def chord_track(semitones: tuple[int, ...], *, seconds: int, channels: int) -> array[int]:
    """Interleaved samples of a slowly breathing chord, given in semitones from A3 (220 Hz)."""
    left = _loop(semitones)
    # Half a loop later every tone is in the same phase, and every other one swells where it ebbed.
    right = left[len(left) // 2 :] + left[: len(left) // 2]
    frames = seconds * SAMPLE_RATE
    repeats = -(-seconds // LOOP_SECONDS)
    track = array("h", bytes(2 * frames * channels))
    for channel in range(channels):
        source = (right if channel % 2 else left) * repeats
        track[channel::channels] = source[:frames]
    _fade(track, channels)
    return track


@functools.lru_cache(maxsize=4)
def _loop(semitones: tuple[int, ...]) -> array[int]:
    """Every tone has an even number of periods and every swell a whole one: it joins seamlessly."""
    length = LOOP_SECONDS * SAMPLE_RATE
    level = PEAK / len(semitones)
    mix = [0.0] * length
    for voice, semitone in enumerate(semitones):
        periods = 2 * round(220 * 2 ** (semitone / 12) * LOOP_SECONDS / 2)
        turn = math.tau * periods / length
        swell = math.tau * (1 + voice % 2) / length
        offset = math.tau * voice / len(semitones)
        mix = [
            value + level * math.sin(turn * n) * (0.6 + 0.4 * math.sin(swell * n + offset))
            for n, value in enumerate(mix)
        ]
    return array("h", map(round, mix))


def _fade(track: array[int], channels: int) -> None:
    samples = min(round(FADE_SECONDS * SAMPLE_RATE) * channels, len(track) // 2)
    for n in range(samples):
        track[n] = round(track[n] * n / samples)
        track[-1 - n] = round(track[-1 - n] * n / samples)
