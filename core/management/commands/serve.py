import errno
import http.client
import os
import socket
import sys
from argparse import ArgumentParser
from functools import partial

from django.conf import settings
from django.core.management import CommandError, call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from core import postgres
from core.children import ChildDied, Stopped, run_to_end, run_together, stop_on_signals
from core.policy import OPERATOR, serves

LARGEST_FRAME = 128 * 1024  # bytes; the largest frame of ours has 64 KiB
ADDRESS = "127.0.0.1"
PORT = 8000
GRACE = 10  # seconds
MANAGE = str(settings.BASE_DIR / "manage.py")


@serves(OPERATOR)
class Command(BaseCommand):
    help = "Migrate, then keep web server, worker, beat, probe and database running until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=PORT)
        parser.add_argument(
            "--no-demo", action="store_true", help="start without the demo practice"
        )
        parser.add_argument(
            "--grace", type=float, default=GRACE, help="seconds to end in, before being killed"
        )

    def handle(self, *, port: int, no_demo: bool, grace: float, **_options: object) -> None:
        refuse_taken_port(port)
        # Demo accounts have public passwords: never where people are really served.
        demo = settings.DEBUG and not no_demo
        os.environ.setdefault("SITE_URL", f"http://{ADDRESS}:{port}")  # for links in mail
        try:
            with stop_on_signals():
                self.prepare(demo=demo)
                run_together(
                    commands(port),
                    grace=grace,
                    is_ready=partial(answers, port),
                    on_ready=partial(self.welcome, port, demo=demo),
                    tell=self.tell,
                    mend=self.mend_database,
                )
        except Stopped:
            self.stdout.write("Stopped.")
        except ChildDied as death:
            raise CommandError(f"{death}; the others were stopped.") from death
        except postgres.Unavailable as loss:
            raise CommandError(f"{loss}\nEverything else was stopped.") from loss

    def prepare(self, *, demo: bool) -> None:
        if unapplied_count := len(migration_plan()):
            self.stdout.write(f"Preparing the database: {unapplied_count} steps.")
            self.stdout.flush()
            connection.close()
            # In a process of its own, because it needs the database's owner, and we serve.
            migrate = [sys.executable, MANAGE, "migrate", "--no-input", "--verbosity=0"]
            run_to_end("migrate", migrate)
        if demo and "seed_demo" in get_commands():
            call_command("seed_demo", if_empty=True, stdout=self.stdout)
        connection.close()
        self.stdout.write("Starting ...")
        self.stdout.flush()

    def mend_database(self) -> None:
        """Only the embedded server is ours to start; any other has a keeper of its own."""
        if postgres.revive(settings.DATA_DIR / "postgres"):
            self.tell("The database stopped by itself; it was started again.")

    def tell(self, sentence: str) -> None:
        self.stderr.write(sentence)

    def welcome(self, port: int, *, demo: bool) -> None:
        self.stdout.write(f"Telehealth is ready at http://{ADDRESS}:{port}/")
        if demo and "demo_sign_ins" in get_commands():
            call_command("demo_sign_ins", stdout=self.stdout)
        self.stdout.write("Press Ctrl-C to stop.")
        self.stdout.flush()


def refuse_taken_port(port: int) -> None:
    """
    :raises CommandError: if another program listens there
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OverflowError as problem:
            raise CommandError(
                f"There is no port {port}. Choose one up to 65535.", returncode=2
            ) from problem
        except OSError as problem:
            reason = "is taken" if problem.errno == errno.EADDRINUSE else "cannot be used"
            raise CommandError(
                f"Port {port} {reason}. Choose another with --port.", returncode=2
            ) from problem


def migration_plan() -> list[tuple[Migration, bool]]:
    executor = MigrationExecutor(connection)
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


def commands(port: int) -> dict[str, list[str]]:
    # Celery warns root, but in development there is nobody else; production has units of its own.
    python = [sys.executable, "-W", "ignore:You're running the worker with superuser privileges"]
    celery = [*python, "-m", "celery", "--quiet", "-A", "telehealth"]
    return {
        "web": [
            *[*python, "-m", "uvicorn", "telehealth.asgi:application"],
            *["--host", ADDRESS, "--port", str(port), "--lifespan", "on"],
            # An access log would keep what somebody typed into an address.
            *["--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "5"],
            # A phone that sleeps for a while keeps its place in the waiting room.
            *["--ws-ping-timeout", "60"],
            # uvicorn would take 16 MiB into memory before anybody has looked at it.
            *["--ws-max-size", str(LARGEST_FRAME)],
            *proxies(),
        ],
        "worker": [
            *[*celery, "worker", "-P", "threads", "-c", "4", "-l", "warning"],
            *["--without-gossip", "--without-mingle"],
        ],
        "beat": [*celery, "beat", "-l", "warning", "--pidfile="],
        "probe": [*python, MANAGE, "probe"],
    }


def proxies() -> list[str]:
    """uvicorn would take anybody on this machine for a proxy, and believe the address it names:
    limits count addresses. A list of proxies it reads by itself."""
    return [] if settings.FORWARDED_ALLOW_IPS else ["--no-proxy-headers"]


def answers(port: int) -> bool:
    asking = http.client.HTTPConnection(ADDRESS, port, timeout=1)
    try:
        asking.request("GET", "/healthz")
        return asking.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        asking.close()
