#!/usr/bin/env python
"""revenge's commands. `up` and `stack` run without Django; everything else is Django's."""

import os
import sys


def main() -> int:
    if sys.argv[1:2] in (["up"], ["stack"]):
        from revenge.stack import cli  # noqa: PLC0415 - without Django

        return cli.main(sys.argv[1:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revenge.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - the rest

    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
