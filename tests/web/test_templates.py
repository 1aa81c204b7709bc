"""Rules that every template keeps."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE = (ROOT / "static/icons.svg").read_text()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_templates_compile_and_hold_nothing_inline(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))
    text = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", text)
    # A mail can ask for no style sheet.
    assert "<style" not in text or path == ROOT / "templates/mail/base.html"
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    icons = set(re.findall(r'{% icon "([a-z-]+)" %}', text))
    assert icons <= set(re.findall(r'<symbol id="([a-z-]+)"', SPRITE))


def test_script_modules_are_there() -> None:
    scripts = sorted((ROOT / "static/js").rglob("*.js"))
    imports = [
        (script, name)
        for script in scripts
        for name in re.findall(r'from "(\./[^"]+)"', script.read_text())
    ]
    assert len(imports) > 5
    assert [name for script, name in imports if not (script.parent / name).exists()] == []
