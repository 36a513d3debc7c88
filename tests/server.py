"""
The surroundings of a test run: its own folder, its own secret, its own PostgreSQL server.

Loaded with `-p tests.server` (pyproject.toml), because pytest-django reads the settings before
any conftest.  Only the first process of a run starts the server; the workers of pytest-xdist
find its address in the environment that they inherit.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import keyring, postgres

ROOT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(wrapper=True)  # a wrapper begins before any plugin's plain hook
def pytest_load_initial_conftests() -> Iterator[None]:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        prepare_environment()
    return (yield)


def prepare_environment() -> None:
    data_dir = ROOT / os.environ.get("DATA_DIR", "var") / "test"
    os.environ["DATA_DIR"] = str(data_dir)
    os.environ["DJANGO_DEBUG"] = "false"
    os.environ["ENV_FILE"] = os.devnull  # a developer's own .env is not for tests
    os.environ["DJANGO_SECRET_KEY"] = "a secret of the tests, which protects nothing at all"
    os.environ["KEY_ENCRYPTION_KEYS"] = keyring.generate("tests")
    os.environ["BLIND_INDEX_SECRET"] = "another secret of the tests"
    shutil.rmtree(data_dir / "keys", ignore_errors=True)  # of earlier runs
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = postgres.acquire(data_dir / "postgres", durable=False)


def pytest_unconfigure() -> None:
    postgres.release(Path(os.environ["DATA_DIR"]) / "postgres")
