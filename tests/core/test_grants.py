"""Which rights the web role is given; what it may not do is in test_audit."""

import pytest
from django.db import connection

from core import grants
from core.postgres import WEB
from tests.web_role import as_owner, execute

RIGHTS = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES"]


def rights(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r FROM unnest(%s::text[]) r WHERE has_table_privilege(%s, %s, r)",
            [RIGHTS, WEB, table],
        )
        return {right for (right,) in cursor.fetchall()}


WORK = {"SELECT", "INSERT", "UPDATE", "DELETE"}


@pytest.mark.parametrize(
    ("table", "held"),
    [
        ("accounts_patient", WORK),
        ("core_duty", WORK),
        ("core_auditevent", {"SELECT", "INSERT"}),
        ("core_audithead", {"SELECT"}),
        ("django_migrations", {"SELECT"}),
    ],
)
def test_the_web_role_holds_these_rights_and_no_others(db, table, held):
    assert rights(table) == held


def test_the_tests_have_the_rights_of_the_web_role(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (WEB,)


def test_rights_can_be_given_again(db):
    with as_owner():
        grants.give(WEB)

    assert rights("core_auditevent") == {"SELECT", "INSERT"}


def test_after_a_migration_the_named_role_gets_its_rights(db, settings):
    settings.DATABASE_WEB_ROLE = WEB
    with as_owner():
        execute("REVOKE ALL ON core_duty FROM telehealth_web")
        grants.give_rights()

    assert rights("core_duty") == WORK


def test_where_one_role_does_all_nothing_is_given(db, settings):
    settings.DATABASE_WEB_ROLE = ""
    with as_owner():
        execute("REVOKE ALL ON core_duty FROM telehealth_web")
        grants.give_rights()

    assert rights("core_duty") == set()


def test_a_table_that_is_made_later_is_open_at_once(db):
    with as_owner():
        execute("CREATE TABLE paper (id int)")

    execute("INSERT INTO paper VALUES (1)")
