"""A migration that locks a large table is refused, unless it says why that does no harm."""

from pathlib import Path

import pytest

from revenge import migration_lint


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration_lint, "_PROJECT", tmp_path)


def _rules(file: Path, *statements: str, comment: str = "", is_atomic: bool = True) -> list[str]:
    file.write_text(comment)
    lines = migration_lint.problems(file, list(statements), is_atomic=is_atomic)
    return [line.removeprefix(f"{file.name}: ").partition(":")[0] for line in lines]


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("CREATE INDEX i ON movies_movie (year);", "require-concurrent-index-creation"),
        ("DROP INDEX i;", "require-concurrent-index-deletion"),
        ("ALTER TABLE movies_movie ALTER COLUMN year TYPE bigint;", "changing-column-type"),
        ("ALTER TABLE movies_movie ALTER COLUMN year SET NOT NULL;", "adding-not-nullable-field"),
        ("ALTER TABLE movies_movie ADD COLUMN a int NOT NULL;", "adding-required-field"),
        (
            "ALTER TABLE movies_movie ADD COLUMN a timestamptz DEFAULT clock_timestamp();",
            "adding-field-with-default",
        ),
        (
            "ALTER TABLE movies_movie ADD CONSTRAINT c CHECK (year > 0);",
            "constraint-missing-not-valid",
        ),
        (
            "CREATE INDEX CONCURRENTLY i ON movies_movie (year);",
            "ban-concurrent-index-creation-in-transaction",
        ),
        ("nonsense;", "syntax-error"),
    ],
)
def test_what_locks_is_named(tmp_path: Path, statement: str, rule: str) -> None:
    file = tmp_path / "0002_later.py"
    assert _rules(file, statement) == [rule]
    assert _rules(file, statement, comment=f"# squawk: allow {rule}: few rows") == []
    assert _rules(file, statement, comment=f"# squawk: allow {rule}:") == [rule]
    assert _rules(file, statement, comment="# squawk: allow other-rule: few rows") == [rule]


def test_what_does_not_lock_passes(tmp_path: Path) -> None:
    file = tmp_path / "0002_later.py"
    made_here = (
        'CREATE TABLE "a" ("id" bigint NOT NULL PRIMARY KEY, "name" varchar(9) NOT NULL);',
        'CREATE INDEX "i" ON "a" ("name");',
        'ALTER TABLE "movies_movie" ADD COLUMN "b" integer NULL;',
        'ALTER TABLE "movies_movie" ADD COLUMN "c" integer DEFAULT 5 NOT NULL;',
        'ALTER TABLE "movies_movie" ALTER COLUMN "c" DROP DEFAULT;',
    )
    assert _rules(file, *made_here) == []
    concurrently = "CREATE INDEX CONCURRENTLY i ON movies_movie (year);"
    assert _rules(file, concurrently, is_atomic=False) == []


def test_the_first_migrations_of_an_app_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "apps/some/migrations"
    folder.mkdir(parents=True)
    (folder / "0001_initial.py").write_text("class Migration:\n    initial = True\n")
    (folder / "0002_later.py").write_text("class Migration:\n    pass\n")
    (folder / "__init__.py").touch()
    assert migration_lint.later_migrations() == [folder / "0002_later.py"]
