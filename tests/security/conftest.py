"""The world of the matrices, and a count of their cells at the end of the run."""

import pytest
from django.db import connection, transaction

from tests.security import world as worlds

CELLS = pytest.StashKey[int]()


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, static_files):
    """Everybody and everything, undone at the end of the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield worlds.build()
        transaction.set_rollback(True)
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture
def count_cells(record_property, request):
    def add(number):
        record_property("cells", number)
        request.config.stash[CELLS] = request.config.stash.get(CELLS, 0) + number

    return add


def pytest_terminal_summary(terminalreporter):
    reports = terminalreporter.stats.get("passed", [])
    cells = sum(value for r in reports for key, value in r.user_properties if key == "cells")
    if cells:
        terminalreporter.write_line(f"{cells} cells of the matrices asked")
