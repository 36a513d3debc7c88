"""The second wall: with one practice in force the database shows, takes and changes no row of
another, whatever a query forgets to ask for. All of it as the role that serves."""

from types import SimpleNamespace

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import Provider
from accounts.models.patients import PatientQuerySet
from appointments.models import Appointment, AppointmentQuerySet
from care.models import ProgressNote
from core import audit, tenancy, walls
from core.models import AuditEvent
from core.tenancy import Scope
from messaging.models import Message
from tests import factories
from tests.factories import NINE, NOW
from tests.security.practices import Filled
from tests.web_role import as_owner, execute

WALL = "row-level security"
MODELS = walls.walled()
SHUT = [model for model in MODELS if not walls.says(model, "is_public")]
OPEN = [model for model in MODELS if walls.says(model, "is_public")]
by_name = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
those_shut = pytest.mark.parametrize("model", SHUT, ids=lambda model: model._meta.label)
those_open = pytest.mark.parametrize("model", OPEN, ids=lambda model: model._meta.label)


@pytest.fixture(scope="module")
def both(django_db_setup, django_db_blocker):
    """Two practices, undone at the end of the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield SimpleNamespace(a=Filled("a"), b=Filled("b"))
        transaction.set_rollback(True)
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture
def a(both, db):
    return both.a


@pytest.fixture
def b(both, db):
    return both.b


def within(*filled):
    return tenancy.within(Scope(practice_ids=frozenset(each.practice.pk for each in filled)))


def asked(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def count(model, filled):
    """How many rows of that practice a plain question finds."""
    table, key = walls.table_of(model), walls.key_of(model)
    [[found]] = asked(f"SELECT count(*) FROM {table} WHERE {key} = %s", filled.practice.pk)
    return found


# What is shown.


@by_name
def test_there_are_rows_of_both_practices_to_leak(model, a, b):
    assert (count(model, a) > 0, count(model, b) > 0) == (True, True)


@those_shut
def test_with_one_practice_in_force_no_row_of_another_is_seen(model, a, b):
    every = (count(model, a), count(model, b))

    with within(a):
        seen = (count(model, a), count(model, b))
    assert seen == (every[0], 0)


@those_shut
def test_with_nothing_in_force_no_row_is_seen(model, a, b):
    with tenancy.closed():
        assert (count(model, a), count(model, b)) == (0, 0)


@those_shut
def test_who_belongs_to_both_sees_both(model, a, b):
    every = (count(model, a), count(model, b))

    with within(a, b):
        assert (count(model, a), count(model, b)) == every


@those_open
def test_what_everybody_reads_says_nothing_of_patients(model):
    assert model.Privacy.phi == ()


@those_open
def test_what_the_directory_shows_is_read_by_everybody(model, a, b):
    every = (count(model, a), count(model, b))

    with tenancy.closed():
        assert (count(model, a), count(model, b)) == every


# What is changed.


@by_name
def test_no_row_of_another_practice_is_changed(model, a, b):
    table, key = walls.table_of(model), walls.key_of(model)
    change = f"UPDATE {table} SET {key} = {key} WHERE {key} = %s"

    with within(a):
        assert changed_by(change, b.practice.pk) == 0


@by_name
def test_no_row_of_another_practice_is_removed(model, a, b):
    table, key = walls.table_of(model), walls.key_of(model)

    with within(a):
        assert changed_by(f"DELETE FROM {table} WHERE {key} = %s", b.practice.pk) == 0


def changed_by(sql, *values):
    """How many rows; none where the role may not at all, as on the audit trail."""
    try:
        with transaction.atomic():
            return asked(sql, *values)
    except DatabaseError as refusal:
        return 0 if "permission denied" in str(refusal) else refusal


def refusal_of(sql, *values):
    """What the database says against it; "" where it would do it."""
    try:
        with transaction.atomic():
            asked(sql, *values)
            transaction.set_rollback(True)
    except DatabaseError as refusal:
        return str(refusal)
    return ""


@by_name
def test_no_row_is_added_to_another_practice(model, a, b):
    adding = again(model, b)

    with within(a):
        assert WALL in refusal_of(*adding)


@by_name
def test_the_same_row_gets_past_the_wall_of_its_own_practice(model, a, b):
    """It is there already, which is another refusal, or none. No practice makes practices."""
    adding = again(model, b)

    with within(b):
        assert WALL not in refusal_of(*adding)


def again(model, filled):
    """The statement that adds a row of the practice once more."""
    table, key = walls.table_of(model), walls.key_of(model)
    one = f"SELECT to_jsonb(t)::text FROM {table} t WHERE {key} = %s LIMIT 1"
    [[row]] = asked(one, filled.practice.pk)
    return f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, %s)", row


def test_a_row_cannot_be_moved_into_another_practice(a, b):
    move = "UPDATE accounts_patient SET practice_id = %s WHERE id = %s"

    with within(a, b):
        assert "stays in its practice" in refusal_of(move, b.practice.pk, a.patient.pk)


def test_nor_hung_on_a_row_of_another(a, b):
    move = "UPDATE care_progressnote SET encounter_id = %s WHERE practice_id = %s"

    with within(a, b):
        refusal = refusal_of(move, b.visit.encounter.pk, a.practice.pk)

    assert "stays in its practice" in refusal


def test_to_say_that_it_is_of_another_comes_to_nothing(a, b):
    with within(a, b):
        asked("UPDATE care_progressnote SET practice_id = %s", b.practice.pk)

    assert (count(ProgressNote, a), count(ProgressNote, b)) == (1, 1)


def test_who_meets_is_of_one_practice(a, b):
    starts_at = NINE + 7 * factories.HOUR

    with pytest.raises(IntegrityError, match="of another practice"), transaction.atomic():
        factories.make_visit(a.provider, b.patient, starts_at=starts_at)


def test_a_column_that_was_lied_about_is_set_right(a, b):
    """What a writer says of the practice is not asked: the parent says it."""
    with within(a), transaction.atomic():
        [[own]] = asked(
            "INSERT INTO care_consent (id, patient_id, kind, number, version, sha256, provision,"
            " signed_name, signed_at, practice_id) SELECT gen_random_uuid(), patient_id, kind, 2,"
            " 'later', sha256, provision, signed_name, signed_at, %s FROM care_consent LIMIT 1"
            " RETURNING practice_id",
            b.practice.pk,
        )
        transaction.set_rollback(True)

    assert own == a.practice.pk


# Whoever forgets to ask.


def everything(rows, _user):
    """A `visible_to` with the fault that one fears: it asks nothing."""
    return rows.all()


@pytest.fixture
def forgetful(monkeypatch):
    for queryset in (AppointmentQuerySet, PatientQuerySet):
        monkeypatch.setattr(queryset, "visible_to", everything)


def test_a_page_that_forgets_whose_rows_it_shows_shows_none_of_another_practice(
    a, b, forgetful, sign_in
):
    browser = sign_in(a.provider.user)
    cast = [factories.make_patient(x.practice, f"Eve {x.tag}", user=user(x)) for x in (a, b)]
    visits = [
        factories.make_visit(x.provider, her, starts_at=NINE + 5 * factories.HOUR)
        for x, her in zip((a, b), cast, strict=True)
    ]

    answers = [browser.get(reverse("appointments:detail", args=[v.pk])) for v in visits]

    assert [answer.status_code for answer in answers] == [200, 404]


def user(filled):
    return factories.make_user(f"eve@{filled.tag}.test")


def test_a_query_that_asks_for_everything_gets_its_own_practice(a, b):
    with within(a):
        found = {ProgressNote.objects.get().author_id, Message.objects.get().author_id}

    assert found == {a.provider.pk, a.patient.user.pk}


# Narrow roads.


def test_a_hold_is_everybodys_as_it_says_nothing_of_anybody(a):
    times = {"starts_at": NINE + 4 * factories.HOUR, "booked_at": None}
    held = {"status": "held", "holder": "visitor", "held_until": NOW}

    with tenancy.closed():
        factories_visit = factories.make_visit(a.provider, None, **times, **held)
        found = Appointment.objects.get()

    assert (found, found.patient_id) == (factories_visit, None)


def test_but_nobody_makes_a_visit_of_it(a):
    times = {"starts_at": NINE + 4 * factories.HOUR, "booked_at": None}
    held = {"status": "held", "holder": "visitor", "held_until": NOW}

    with tenancy.closed():
        visit = factories.make_visit(a.provider, None, **times, **held)
        with pytest.raises(DatabaseError, match=WALL), transaction.atomic():
            visit.book(patient=a.patient, by=a.patient.user, now=NOW)


DEFINERS = """
SELECT proname, pg_get_function_result(oid) FROM pg_proc
WHERE prosecdef AND pronamespace = 'public'::regnamespace
"""


def test_what_sees_every_row_tells_times_and_numbers_only(db):
    """A trigger's function cannot be called; those that can have no column for more."""
    told = {name: result for name, result in asked(DEFINERS) if result != "trigger"}

    assert told == {
        "practices_of": "text",
        "busy_times": "TABLE(provider_id bigint, starts_at timestamp with time zone,"
        " ends_at timestamp with time zone, held_until timestamp with time zone,"
        " is_visit boolean)",
        "visit_starts": "TABLE(provider_id bigint, starts_at timestamp with time zone)",
        "days_away": "TABLE(provider_id bigint, first_on date, last_on date)",
    }


@pytest.mark.parametrize("name", ["care_progressnote_practice()", "audit_link()"])
def test_a_trigger_is_not_to_be_called(db, name):
    with pytest.raises(DatabaseError, match="trigger functions can only be called"):
        asked(f"SELECT {name}")


def test_practices_are_told_as_numbers(a, b):
    with tenancy.closed():
        told = asked("SELECT practices_of(%s)", a.boss.pk)

    assert told == [(f"{{[{a.practice.pk},{a.practice.pk + 1})}}",)]


def test_the_role_that_serves_cannot_take_a_wall_down(db):
    for sql in (
        "ALTER TABLE care_progressnote DISABLE ROW LEVEL SECURITY",
        "DROP POLICY practice ON care_progressnote",
        "ALTER TABLE care_progressnote DISABLE TRIGGER USER",
        "CREATE POLICY mine ON care_progressnote USING (true)",
    ):
        with pytest.raises(DatabaseError, match="must be owner"), transaction.atomic():
            execute(sql)


def test_what_concerns_no_patient_is_of_the_practice_of_who_did_it(a, b):
    with transaction.atomic():
        audit.record("role.granted", subject=b.boss, by=b.boss, at=NOW)
        with within(a):
            seen = AuditEvent.objects.filter(action="role.granted").count()
        with within(b):
            own = AuditEvent.objects.filter(action="role.granted").count()
        transaction.set_rollback(True)

    assert (seen, own) == (0, 1)


# The walls themselves.


@by_name
def test_the_wall_stands(model, db):
    table = walls.table_of(model)
    [[is_on]] = asked("SELECT relrowsecurity FROM pg_class WHERE oid = %s::regclass", table)
    names = {
        name
        for (name,) in asked("SELECT polname FROM pg_policy WHERE polrelid = %s::regclass", table)
    }

    assert (is_on, names) == (True, {"practice", *roads(model)})


def roads(model):
    return [*(walls.says(model, "roads") or ()), *(["listed"] if model in OPEN else [])]


def test_where_nothing_has_changed_nothing_is_touched(db):
    """As the role that serves, who could not."""
    walls.raise_all()


def test_a_wall_that_was_changed_is_raised_again(db):
    with as_owner():
        execute("SET CONSTRAINTS ALL IMMEDIATE")  # what the fixture made is not committed
        execute("DROP POLICY practice ON care_consent")
        walls.raise_all()

        [[kept]] = asked("SELECT count(*) FROM pg_policy WHERE polrelid = 'care_consent'::regclass")
    assert kept == 1


def test_a_road_that_is_no_longer_in_the_register_is_closed(db):
    with as_owner():
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("CREATE POLICY old_road ON care_consent USING (true)")
        execute("COMMENT ON POLICY practice ON care_consent IS 'old'")
        walls.raise_all()

    policies = asked("SELECT polname FROM pg_policy WHERE polrelid = 'care_consent'::regclass")
    assert policies == [("practice",)]


def test_rows_from_before_get_their_practice(a):
    """Append-only ones as well."""
    with as_owner():
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("ALTER TABLE care_consent DISABLE TRIGGER USER")
        execute("ALTER TABLE care_consent ALTER practice_id DROP NOT NULL")
        execute("UPDATE care_consent SET practice_id = NULL")
        execute("COMMENT ON POLICY practice ON care_consent IS 'old'")
        walls.raise_all()
        [[missing]] = asked("SELECT count(*) FROM care_consent WHERE practice_id IS NULL")

    assert missing == 0


def test_providers_are_listed_whatever_their_practice(a, b):
    with tenancy.closed():
        assert set(Provider.objects.listed()) == {a.provider, b.provider}
