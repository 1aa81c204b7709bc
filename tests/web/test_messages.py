"""The German catalogue is whole."""

import re
import shutil
import subprocess
from pathlib import Path

import polib
import pytest
import unfold
from django.conf import settings
from django.utils.translation.template import templatize

from revenge.messages import compile_catalogues

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "locale/de/LC_MESSAGES/django.po"
THEME = ROOT / "revenge/theme_locale/de/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|</?kbd>")
KEYWORDS = (
    "gettext_lazy",
    "gettext_noop",
    "ngettext_lazy:1,2",
    "pgettext:1c,2",
    "npgettext:1c,2,3",
)


def _entries(*catalogues: Path) -> list[polib.POEntry]:
    return [entry for each in catalogues or [CATALOGUE] for entry in polib.pofile(str(each))]


def test_every_entry_is_translated() -> None:
    entries = _entries(CATALOGUE, THEME)
    assert len(entries) > 200
    assert [entry.msgid for entry in entries if not entry.translated()] == []


def test_placeholders_agree() -> None:
    def differs(entry: polib.POEntry) -> bool:
        wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
        return any(set(PLACEHOLDER.findall(text)) != wanted for text in texts)

    assert [entry.msgid for entry in _entries(CATALOGUE, THEME) if differs(entry)] == []


def test_the_theme_s_words_are_the_theme_s() -> None:
    theme = Path(unfold.__file__).parent
    sources = [*theme.rglob("*.html"), *theme.rglob("*.py")]
    said = "\n".join(source.read_text() for source in sources)
    assert [entry.msgid for entry in _entries(THEME) if entry.msgid not in said] == []


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs GNU gettext")
def test_every_text_of_the_code_is_in_the_catalogue(tmp_path: Path) -> None:
    sources = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        source = tmp_path / f"{len(sources)}.py"
        source.write_text(templatize(path.read_text()))
        sources.append(source)
    sources += sorted((ROOT / "apps").rglob("*.py"))
    found = subprocess.run(
        [  # noqa: S607
            "xgettext",
            "--language=Python",
            "--from-code=UTF-8",
            "--output=-",
            *(f"--keyword={keyword}" for keyword in ("_", *KEYWORDS)),
            *map(str, sources),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    wanted = {entry.msgid for entry in polib.pofile(found)}
    assert len(wanted) > 200
    assert sorted(wanted - {entry.msgid for entry in _entries()}) == []


def test_catalogues_are_compiled_once(tmp_path: Path) -> None:
    folder = tmp_path / "de/LC_MESSAGES"
    folder.mkdir(parents=True)
    shutil.copy(CATALOGUE, folder / "django.po")
    assert compile_catalogues(tmp_path) == 1
    assert compile_catalogues(tmp_path) == 0
    compiled = polib.mofile(str(folder / "django.mo"))
    assert compiled.find("Sign in").msgstr == "Anmelden"
