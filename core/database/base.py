"""The database backend: what Django looks for under `ENGINE`."""

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base

from core import tenancy
from core.tenancy import NOBODY, SETTING, Scope

# These touch no row, and the last must work where a transaction has failed.
OF_SAVEPOINTS = ("SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that knows which scope is in force in its session; None: it cannot tell."""

    in_force: Scope | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(keep_in_scope)

    def init_connection_state(self) -> None:
        # A session of a pool may be a used one; one that is new has nothing set.
        self.in_force = None if self.pool else NOBODY  # type: ignore[attr-defined]  # stubs lack it
        super().init_connection_state()

    def _rollback(self) -> None:
        self.in_force = None  # a setting goes back with the transaction that it was made in
        super()._rollback()  # type: ignore[misc]  # as above

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # as above
        self.in_force = None


def keep_in_scope(
    execute: Callable[..., Any],
    sql: Any,
    params: Any,
    many: bool,  # noqa: FBT001 -- as Django calls it
    context: dict[str, Any],
) -> Any:
    """Tell the session the scope of the code that asks, where it is not the one in force."""
    connection, scope = context["connection"], tenancy.current()
    if connection.in_force != scope and not str(sql).startswith(OF_SAVEPOINTS):
        connection.in_force = scope  # before, for the statement below comes through here as well
        practices, values = scope.setting()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT set_config('{SETTING}', {practices}, false)", values)
        except BaseException:
            connection.in_force = None
            raise
    return execute(sql, params, many, context)
