from types import TracebackType

from django.db import IntegrityError
from django.db.backends.base.base import NO_DB_ALIAS, BaseDatabaseWrapper
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property

from apps.core.db import errors
from apps.core.db.pool import Pool, pools
from apps.core.db.statements import TimedCursor, TimedDebugCursor


class ErrorWrapper(DatabaseErrorWrapper):
    """Around everything that the driver does."""

    wrapper: BaseDatabaseWrapper

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_value is None:
            return
        error = errors.translated(exc_value)
        if error is None:
            super().__exit__(exc_type, exc_value, traceback)
            return
        if not isinstance(error, IntegrityError):
            # As Django does: the connection may not be usable any more.
            self.wrapper.errors_occurred = True
        raise error.with_traceback(traceback) from exc_value


class DatabaseWrapper(base.DatabaseWrapper):
    _connection_pools = pools

    @cached_property
    def wrap_database_errors(self) -> ErrorWrapper:
        return ErrorWrapper(self)

    def make_cursor(self, cursor: CursorWrapper) -> CursorWrapper:
        return TimedCursor(cursor, self)

    def make_debug_cursor(self, cursor: CursorWrapper) -> CursorDebugWrapper:
        return TimedDebugCursor(cursor, self)

    @property
    def pool(self) -> Pool | None:
        """The pool of this process, made when it is first asked for, opened by Django."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            pool = Pool(
                kwargs={**self.get_connection_params(), "autocommit": True},
                configure=self._configure_connection,  # type: ignore[attr-defined]
                **options,
            )
            # Two threads may come here at once: the first one's pool stays.
            self._connection_pools.setdefault(self.alias, pool)
        return self._connection_pools[self.alias]
