"""The checks of `make lint` that need Django: checks, migrations and what they lock, OpenAPI."""

import os
import secrets
import sys
import tempfile
import warnings
from contextlib import ExitStack

from revenge import migration_lint
from revenge.stack.testing import embedded_engines


def main() -> int:
    """Answers the exit code; what failed has been said on standard error."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as engines:
        if migration_lint.later_migrations():
            postgres = engines.enter_context(embedded_engines(names={"postgres"}))
            os.environ |= postgres.environment
        os.environ["REVENGE_DATA_DIR"] = folder
        os.environ["REVENGE_SECRET_KEY"] = secrets.token_urlsafe(48)
        os.environ["DJANGO_SETTINGS_MODULE"] = "revenge.settings"
        return _run(os.path.join(folder, "openapi.yaml"))  # noqa: PTH118


def _run(schema: str) -> int:
    import django  # noqa: PLC0415  (the settings read the environment made above)
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import CommandError, call_command  # noqa: PLC0415

    # Often no engine runs here.
    del settings.DATABASES["default"]["OPTIONS"]["pool"]
    warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
    django.setup()
    try:
        call_command("check", fail_level="WARNING")
        call_command("makemigrations", check=True, dry_run=True, verbosity=1)
        call_command("spectacular", file=schema, validate=True, fail_on_warn=True)
        locking = migration_lint.check() if migration_lint.later_migrations() else []
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except SystemExit as stop:  # makemigrations has something to make
        return int(stop.code or 0)
    sys.stderr.writelines(f"{problem}\n" for problem in locking)
    return 1 if locking else 0


if __name__ == "__main__":
    sys.exit(main())
