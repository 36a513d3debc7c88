"""Which gateway the settings name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from billing import gateways
from billing.gateways.simulator.http_client import SimulatorClient
from tests.factories import NOW

ROOT = Path(__file__).parents[3]


def http_client(gateway):
    return gateway.v1._requestor._get_http_client()


def test_without_a_key_the_simulator_answers():
    assert isinstance(http_client(gateways.connect(now=NOW)), SimulatorClient)


def test_with_a_key_stripe_answers(settings):
    settings.STRIPE_SECRET_KEY = "sk_test_x"

    assert http_client(gateways.connect(now=NOW)).name == "requests"


def test_where_the_simulator_is_not_switched_on_nobody_answers(settings):
    settings.STRIPE_SIMULATOR = False

    with pytest.raises(gateways.NoGateway):
        gateways.connect(now=NOW)


def ask_settings(tmp_path, **environment):
    """What a fresh process reads from an environment: simulator, length of the webhook secret."""
    question = (
        "from django.conf import settings;"
        "print(settings.STRIPE_SIMULATOR, len(settings.STRIPE_WEBHOOK_SECRET))"
    )
    values = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "telehealth.settings",
        "DJANGO_SECRET_KEY": "a secret of the tests, which protects nothing at all",
        "KEY_ENCRYPTION_KEYS": os.environ["KEY_ENCRYPTION_KEYS"],
        "BLIND_INDEX_SECRET": os.environ["BLIND_INDEX_SECRET"],
        "DATABASE_URL": "postgres://127.0.0.1/unused",
        "DATA_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", question],
        cwd=ROOT,
        env=values | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_in_production_the_simulator_is_off(tmp_path):
    assert ask_settings(tmp_path, DJANGO_DEBUG="false") == "False 0"


def test_the_simulator_has_a_secret_of_its_own_that_others_cannot_read(tmp_path):
    answers = {ask_settings(tmp_path, STRIPE_SIMULATOR="true") for _ in range(2)}

    secret = tmp_path / "stripe_webhook_secret"
    assert answers == {f"True {len(secret.read_text())}"}
    assert secret.stat().st_mode & 0o777 == 0o600
    assert len(secret.read_text()) >= 48


def test_with_a_key_the_simulator_is_off(tmp_path):
    keys = {"STRIPE_SECRET_KEY": "sk_test_x", "STRIPE_WEBHOOK_SECRET": "whsec_x"}

    assert ask_settings(tmp_path, STRIPE_SIMULATOR="true", **keys) == "False 7"


def test_a_key_without_a_webhook_secret_is_refused(tmp_path):
    answer = ask_settings(tmp_path, STRIPE_SECRET_KEY="sk_test_x")

    assert answer.endswith("Set STRIPE_WEBHOOK_SECRET: without it no event can be trusted.")


def test_pages_without_cards_do_not_load_the_sdk(tmp_path):
    question = (
        "import django, sys; django.setup(); from django.urls import reverse;"
        "reverse('billing:ledger'); print('stripe' in sys.modules)"
    )
    values = os.environ | {"DJANGO_SETTINGS_MODULE": "telehealth.settings"}
    done = subprocess.run(
        [sys.executable, "-c", question],
        cwd=ROOT,
        env=values,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "False"
