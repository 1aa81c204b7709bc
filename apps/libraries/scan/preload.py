"""What the processes that read files are forked with: PyAV, and guessit with its rules compiled.

Both take most of a second to load, which is longer than a scan of one new file need last.
"""

from pathlib import PurePosixPath

from apps.libraries.scan import inspection, names, probe_discs

__all__ = ["inspection", "names", "probe_discs"]

# One that says more than title and year: others are not guessed.
names.parse_movie_path(PurePosixPath("Film (2001) 1080p.mkv"), only_movie_in_folder=False)
