"""Compiles the message catalogues, so that a fresh machine needs no GNU gettext.

`python -m revenge.messages` does it for the project.
"""

from pathlib import Path

import polib

_HERE = Path(__file__).resolve().parent
# What `makemessages` finds in the code, and what the console's theme leaves in English.
LOCALE_DIRS = (_HERE.parent / "locale", _HERE / "theme_locale")


def compile_catalogues(base: Path) -> int:
    """Write each `.po` file below `base` as `.mo` beside it; answers how many were out of date.

    Raises OSError for a file that is no catalogue or cannot be written.
    """
    compiled = 0
    for source in sorted(base.rglob("*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        temporary = target.with_suffix(".mo.tmp")
        polib.pofile(str(source)).save_as_mofile(str(temporary))
        temporary.replace(target)
        compiled += 1
    return compiled


if __name__ == "__main__":
    for folder in LOCALE_DIRS:
        compile_catalogues(folder)
