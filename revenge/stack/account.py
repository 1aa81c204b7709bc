"""The account without privileges that PostgreSQL insists on when root starts the stack."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from revenge.stack.failure import StackError

_NAME = "nobody"


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int


def unprivileged(owned: Path) -> Account | None:
    """The account to run PostgreSQL as; None when this process has no privileges itself.

    The owner of the existing folder `owned` stays the account, so that files made by an ordinary
    user keep working when root starts the stack. Raises StackError.
    """
    if os.geteuid() != 0:
        return None
    if owned.exists() and (owner := owned.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        entry = pwd.getpwnam(_NAME)
    except KeyError as error:
        msg = (
            f"PostgreSQL does not run as root and there is no account {_NAME!r}: "
            "start as an ordinary user, or set DATABASE_URL"
        )
        raise StackError(msg) from error
    return Account(entry.pw_uid, entry.pw_gid)


def can_use(account: Account, path: Path) -> bool:
    """Whether the account may enter the folder, or execute the file; asked as that account."""
    run = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return run.returncode == 0
