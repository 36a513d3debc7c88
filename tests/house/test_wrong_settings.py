"""Whoever starts the site with a wrong value reads one sentence, which names the variable."""

import os
import subprocess
import sys

import pytest

from tests.house.repository import ROOT

VAULT = {"KEY_WRAPPER": "vault", "VAULT_ADDR": "https://127.0.0.1:9", "VAULT_TOKEN": "x"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"KEY_WRAPPER": "Vault"}, "KEY_WRAPPER is ring or vault."),
        ({"KEY_ENCRYPTION_KEYS": "abc"}, "KEY_ENCRYPTION_KEYS: each key must be 32 bytes"),
        ({"BREACHED_PASSWORDS": "/nowhere"}, "BREACHED_PASSWORDS: [Errno 2]"),
        (VAULT | {"VAULT_ADDR": "https://vault:port"}, "VAULT_ADDR"),
        (VAULT | {"VAULT_TOKEN": "ü"}, "letters that no header can carry"),
        (VAULT | {"VAULT_TOKEN_FILE": "/nowhere"}, "no token can be read from /nowhere"),
        (VAULT, "the key service gives no answer at /v1/transit/keys/telehealth"),
    ],
)
def test_a_wrong_value_is_one_sentence(values, sentence):
    asked = subprocess.run(
        [sys.executable, "manage.py", "rotate_keys"],
        cwd=ROOT,
        env=os.environ | {"PYTHONUTF8": "1"} | values,
        capture_output=True,
        text=True,
        check=False,
    )

    assert asked.returncode == 1
    assert sentence in asked.stderr
    assert "Traceback" not in asked.stderr
    assert len(asked.stderr.strip().splitlines()) == 1
