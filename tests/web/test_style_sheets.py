"""Style sheets hold what their authors meant: a brace too few swallows all rules that follow."""

import re
from pathlib import Path

import pytest
from django.conf import settings

SHEETS = sorted((Path(settings.BASE_DIR) / "static" / "css").glob("*.css"))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_block_of_a_style_sheet_ends(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/|\"[^\"]*\"|'[^']*'", "", sheet.read_text(), flags=re.DOTALL)
    depth = 0
    for line in text.splitlines():
        if line[:1] not in {"", " ", "}"}:
            assert depth == 0, line  # what stands at the margin is in no block
        depth += line.count("{") - line.count("}")
    assert depth == 0


def test_there_are_style_sheets() -> None:
    assert {"base.css", "console.css"} <= {sheet.name for sheet in SHEETS}
