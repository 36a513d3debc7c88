"""The site as it is deployed: web server and worker in processes of their own, and what they leave.

Both write their log at DEBUG into a file, and all else into a folder that is theirs alone, so that
a test can read every place where a word could have come to lie.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
from django.conf import settings
from django.db import connection

from tests.core.test_worker import in_database
from tests.keys import hand_over
from tests.live_site import wait_until

PATIENCE = 90  # seconds; several Pythons start on a machine that may be busy
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@dataclass
class Site:
    folder: Path
    redis_url: str = ""
    address: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def letters(self) -> Path:
        return self.folder / "mail"

    def logs(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in self.folder.glob("*.log")}

    def prepare(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.letters.mkdir()
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.security.loud_settings",
            "DATA_DIR": str(self.data),
            "DATABASE_URL": in_database(
                os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
            ),
            "EMAIL_URL": f"filemail:///{self.letters}",
            "SITE_URL": self.address,
            "STRIPE_SIMULATOR": "true",
            "STRIPE_WEBHOOK_SECRET": "whsec_of_the_tests",
            "TURN_URLS": "turn:turn.example:3478",
            "TURN_SECRET": "shared with the relay",
        }
        if self.redis_url:
            self.environment |= {"REDIS_URL": self.redis_url, "CELERY_BROKER_URL": self.redis_url}

    def command(self, *arguments: str) -> None:
        """Run a command of the site to its end."""
        with (self.folder / "commands.log").open("a") as log:
            manage = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
            subprocess.run(manage, env=self.environment, stdout=log, stderr=log, check=True)

    @contextmanager
    def process(self, name: str, *arguments: str) -> Iterator[None]:
        with (self.folder / f"{name}.log").open("w") as log:
            running = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=self.environment,
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=log,
            )
            try:
                yield
            finally:
                running.terminate()
                running.wait(PATIENCE)

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.address}/healthz", timeout=1).ok
        except requests.RequestException:
            return False


@contextmanager
def running_site(folder: Path, *, redis_url: str = "") -> Iterator[Site]:
    site = Site(folder, redis_url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site.prepare(port)
    hand_over(site.data)
    site.command("collectstatic", "--no-input", "--verbosity=0")
    web = ["telehealth.asgi:application", "--port", str(port), "--log-level", "debug"]
    worker = ["-P", "threads", "-c", "1", "-l", "debug", "--without-gossip", "--without-mingle"]
    web += ["--no-access-log", "--lifespan", "on"]  # as `manage.py serve` has it
    with ExitStack() as running:
        running.enter_context(site.process("web", "uvicorn", *web))
        worker = ["-A", "telehealth", "worker", *worker]
        running.enter_context(site.process("worker", "celery", *worker))
        wait_until(site.answers, patience=PATIENCE)
        yield site


class Browser:
    """Follows links and sends forms as a page would; keeps every address and header it met."""

    def __init__(self, site: Site, cookie: str = "") -> None:
        self.site, self.web = site, requests.Session()
        self.met: list[str] = []
        self.web.hooks["response"].append(self.note)
        if cookie:
            self.web.cookies.set(settings.SESSION_COOKIE_NAME, cookie, domain="127.0.0.1")

    def note(self, answer: requests.Response, **_options: object) -> None:
        self.met += [answer.url, *(f"{name}: {value}" for name, value in answer.headers.items())]

    def open(self, path: str, *, expect: int = 200) -> requests.Response:
        return self.checked(self.web.get(self.full(path), timeout=PATIENCE), expect)

    def send(
        self,
        path: str,
        form: dict[str, object],
        *,
        page: str = "",
        expect: int = 200,
        files: dict[str, object] | None = None,
    ) -> requests.Response:
        """Open the page with the form, fill it in, send it, and follow where it leads."""
        token = TOKEN.search(self.open(page or path).text)
        assert token, f"no form on {page or path}"
        answer = self.web.post(
            self.full(path),
            {**form, "csrfmiddlewaretoken": token[1]},
            files=files,
            headers={"Origin": self.site.address},
            timeout=PATIENCE,
        )
        return self.checked(answer, expect)

    def checked(self, answer: requests.Response, expect: int) -> requests.Response:
        assert answer.status_code == expect, (answer.url, answer.status_code, answer.text[:2000])
        return answer

    def full(self, path: str) -> str:
        return path if path.startswith("http") else f"{self.site.address}{path}"

    @property
    def cookie(self) -> str:
        name = settings.SESSION_COOKIE_NAME
        return f"{name}={self.web.cookies[name]}"
