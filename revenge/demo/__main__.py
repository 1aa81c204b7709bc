"""`python -m revenge.demo library DIR` and `python -m revenge.demo media --dir DIR --count N`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from revenge.demo.library import ensure_demo_library
from revenge.demo.media import make_demo_media

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the usage before it."""
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 when the directory cannot be written, 2 for bad arguments."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.command == "library":
            _library(chosen.directory)
        else:
            _media(chosen)
    except OSError as error:
        print(f"revenge.demo: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m revenge.demo", description="Films to try the server with.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    library = commands.add_parser("library", help="twelve designed short films")
    library.add_argument("directory", metavar="DIR", type=_directory)
    media = commands.add_parser("media", help="any number of tiny films")
    media.add_argument("--dir", dest="directory", metavar="DIR", type=_directory, required=True)
    media.add_argument("--count", metavar="N", type=_positive, required=True)
    media.add_argument("--seed", type=int, default=1, help="the same seed, the same films")
    media.add_argument("--folders", action="store_true", help="no film outside a folder of its own")
    return parser


def _directory(text: str) -> Path:
    path = Path(text)
    if not text or (path.exists() and not path.is_dir()):
        message = f"{text!r} is not a directory"
        raise argparse.ArgumentTypeError(message)
    return path


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        message = f"{text!r} is not a whole number above 0"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _library(directory: Path) -> None:
    ensure_demo_library(
        directory, progress=lambda done, total, name: print(f"{done}/{total} {name}")
    )
    print(f"demo library: {directory}")


def _media(chosen: argparse.Namespace) -> None:
    report = make_demo_media(
        chosen.directory,
        count=chosen.count,
        seed=chosen.seed,
        every_in_folder=chosen.folders,
    )
    rate = report.count / report.seconds
    print(
        f"{report.count} files, {report.size} bytes, {report.seconds:.1f} s ({rate:.0f} a second)"
    )


if __name__ == "__main__":
    sys.exit(main())
