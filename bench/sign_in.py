"""
Time what a sign-in costs the processor: `python -m bench.sign_in [ROUNDS]`.

One sign-in is the form with the password, then the form with the code of the app, each as a whole
request through every middleware, with the rate limits in the database. The bar is 60 ms for the
password's request; figures are medians of this process's CPU time in milliseconds.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from tests import server

os.environ["DJANGO_SETTINGS_MODULE"] = "telehealth.settings"
server.prepare_environment()

import django

django.setup()

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.test.utils import get_runner
from django.urls import reverse

from tests import factories

ROUNDS = 40


def run(rounds: int) -> dict[str, object]:
    runner = get_runner(settings)(verbosity=0, interactive=False)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    runner.setup_test_environment()
    databases = runner.setup_databases()
    try:
        return measure(rounds)
    finally:
        runner.teardown_databases(databases)
        server.pytest_unconfigure()


def measure(rounds: int) -> dict[str, object]:
    user = factories.make_member(factories.make_practice(), "billing", "biller@example.com")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    times: dict[str, list[float]] = {"password_cpu_ms": [], "code_cpu_ms": []}
    client = Client()  # one for all: each new one would list the static files
    post(client, "account_login", {"login": user.email, "password": factories.PASSWORD})
    for _ in range(rounds):
        cache.clear()
        client.cookies.clear()
        form = {"login": user.email, "password": factories.PASSWORD}
        times["password_cpu_ms"].append(cpu_ms(partial(post, client, "account_login", form)))
        code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
        shown = {"code": code}
        times["code_cpu_ms"].append(cpu_ms(partial(post, client, "mfa_authenticate", shown)))
        post(client, "account_logout", {})  # or each round would look through one session more
    return {name: round(statistics.median(each), 1) for name, each in times.items()}


def post(client: Client, name: str, form: dict[str, str]) -> None:
    assert client.post(reverse(name), form).status_code == HTTPStatus.FOUND


def cpu_ms(deed: Callable[[], None]) -> float:
    started = time.process_time()
    deed()
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    sys.stdout.write(json.dumps(run(rounds), indent=2) + "\n")
