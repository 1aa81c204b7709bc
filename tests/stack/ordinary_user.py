"""Starts the engines as whoever runs it; prints the account, a row and the variables."""

import os
import sys
from pathlib import Path

import psycopg

from revenge.stack.testing import embedded_engines

with embedded_engines(Path(sys.argv[1])) as engines:
    with psycopg.connect(engines.environment["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT 1").fetchone()
    names = ",".join(sorted(engines.environment))
    sys.stdout.write(f"{os.geteuid()} {row and row[0]} {names}\n")
