"""The register of tenancy: by which field a row comes to its practice, or why it comes to none."""

import ast

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps

from core import walls
from tests.house.repository import models as all_models
from tests.house.repository import ours, tree

MODELS = all_models()
WAYS = ("of", "found_by", "nobody")
KNOWN = {*WAYS, "agrees", "is_public", "roads", "definers"}
# Tables that are no model of ours, and why no practice has their rows.
OF_OTHERS = {
    "account_emailaddress": "of a user, who signs in before any practice is known",
    "account_emailconfirmation": "as above; unused, codes are in the session",
    "auth_group": "Django's, and empty: roles are memberships",
    "auth_group_permissions": "as above",
    "auth_permission": "as above",
    "core_cache": "counts of tries, by address and IP",
    "django_content_type": "names of models",
    "django_migrations": "names of migrations",
    "django_session": "of a browser, read before it is known who uses it",
    "mfa_authenticator": "second factors of a user",
    "usersessions_usersession": "devices of a user",
}
# Who may work in every practice, or enter one, and why: whoever is not here may not.
CROSSINGS = {
    "every_practice": {
        "accounts/invitations.py": "a letter's token is looked up before it is known who invites",
        "accounts/management/commands/erase_patient.py": "an operator erases a patient",
        "accounts/management/commands/legal_hold.py": "an operator places a hold",
        "accounts/reading.py": "no read goes unrecorded",
        "appointments/management/commands/recompute_zones.py": "a clock changes for all of them",
        "appointments/tasks.py": "calendars are fetched for every practice",
        "billing/management/commands/ledger_check.py": "all books are added up",
        "core/duties.py": "what a worker does next is of whichever practice",
        "core/management/commands/audit.py": "all chains are verified",
        "sessions/by_link.py": "a browser that came by a link names a room",
        "sessions/join_links.py": "a letter's token is looked up before it is known who comes",
        "sessions/tasks.py": "rooms are closed in every practice",
        "telehealth/demo/accounts.py": "development's sign-in page lists the demo people",
        "telehealth/management/commands/export_patient.py": "an operator copies a record",
        "telehealth/management/commands/restore_drill.py": "a copy of the database is verified",
        "telehealth/management/commands/seed_demo.py": "makes the demo practice",
    },
    "joining": {
        "accounts/invitations.py": "whoever takes up an invitation",
        "accounts/patients.py": "whoever signs up as a patient",
    },
    "enter": {
        "accounts/backend.py": "a session, or a password",
        "accounts/receivers.py": "a code, or a passkey",
        "appointments/feeding.py": "the secret address of a calendar feed",
        "sessions/by_link.py": "a link that this browser has used",
        "sessions/consumers.py": "the seat that this socket took is given back",
    },
    "within": {},
}


def faults(model):
    said = {name for name in vars(getattr(model, "Tenancy", object)) if not name.startswith("_")}
    ways = said & set(WAYS)
    if len(ways) != 1:
        yield f"says {sorted(ways)} where it should say one of {WAYS}"
    yield from (f"{name} is no word of the register" for name in sorted(said - KNOWN))
    if "nobody" in said and said != {"nobody"}:
        yield "is nobody's and something else"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_model_says_whose_its_rows_are(model):
    assert [*faults(model)] == []


@isolate_apps("core")
def test_the_rule_finds_a_model_that_says_nothing_too_much_or_something_else():
    class Diary(models.Model):
        class Meta:
            app_label = "core"

    class Album(models.Model):
        class Meta:
            app_label = "core"

        class Tenancy:
            of = "patient"
            nobody = "has no owner"
            color = "blue"

    assert [*faults(Diary)] == [f"says [] where it should say one of {WAYS}"]
    assert len([*faults(Album)]) == 3


def test_every_table_of_the_database_is_in_the_register_or_has_a_reason_not_to_be(db):
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))

    assert tables - {walls.table_of(model) for model in MODELS} == set(OF_OTHERS)


def test_who_is_nobodys_holds_nothing_of_patients():
    """But for the e-mail one signs in with, and the hashes' chain numbers."""
    of_nobody = [model for model in MODELS if walls.says(model, "nobody")]

    told = {model._meta.label: model.Privacy.phi for model in of_nobody if model.Privacy.phi}
    assert told == {"accounts.User": ("email",), "core.AuditHead": ("chain",)}


@pytest.mark.parametrize("name", CROSSINGS)
def test_who_crosses_practices_has_a_reason(name):
    callers = {file for file in ours(".py") if file != "core/tenancy.py" and calls(file, name)}

    assert callers == set(CROSSINGS[name])


def calls(file, name):
    """Whether the file names `tenancy.<name>`, called or handed on."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.value, ast.Name)
        and node.value.id == "tenancy"
        for node in ast.walk(tree(file))
    )


def test_nobody_takes_the_scope_out_of_its_module():
    """`from core.tenancy import enter` would hide a caller from the list."""
    taken = [
        (file, alias.name)
        for file in ours(".py")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ImportFrom) and node.module == "core.tenancy"
        for alias in node.names
    ]

    assert {name for _file, name in taken} <= {"NOBODY", "SETTING", "Scope"}


def test_the_setting_is_named_in_one_place():
    named = [file for file in ours(".py") if "telehealth.practices" in (tree_text(file))]

    assert named == ["core/tenancy.py"]


def tree_text(file):
    return " ".join(
        node.value
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
