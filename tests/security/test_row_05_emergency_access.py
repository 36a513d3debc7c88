"""Goal row 5: what an emergency access opens is a list, and whatever is not on it stays closed.

Psychotherapy notes are not on it (see `test_row_06_*`): `rights.py` names every `visible_to`, and
each is asked here with and without an access.
"""

import ast

import pytest
from django.db import transaction

from accounts.models import EmergencyAccess
from care.models import ProgressNote
from tests.house.repository import ours, text, tree
from tests.security.rights import RIGHTS

OPENS = {"EmergencyAccess.open_to"}  # of all querysets of somebody's rows
# Where code may know of the access: its model, its deeds and pages, and the notes that it opens.
KNOW_OF_IT = {
    "accounts/models/__init__.py": None,
    "accounts/models/emergency_access.py": None,
    "accounts/emergency.py": None,
    "accounts/emergency_notices.py": None,
    "accounts/emergency_review_forms.py": None,
    "accounts/emergency_review_views.py": None,
    "care/emergency_forms.py": None,
    "care/emergency_views.py": None,
    "care/models.py": {"opened_by"},  # ProgressNote's
    "telehealth/record/shapes.py": {""},  # the patient's own copy says that it happened
}
NAMES = {"EmergencyAccess", "emergency_accesses", "opened_by"}


def rows(user):
    """What a person reaches by each of the querysets."""
    return {name: set(asked(user).values_list("pk", flat=True)) for name, (asked, *_) in
            RIGHTS.items()}  # fmt: skip


def without_access(user):
    with transaction.atomic():
        EmergencyAccess.objects.filter(person=user).update(ended_at=None)
        EmergencyAccess.objects.filter(person=user).delete()
        found = rows(user)
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["unassigned provider", "supervisor without agreement"])
def test_of_all_rows_it_opens_none_but_itself(world, who):
    person = world.people[who]
    user = getattr(person, "user", person)

    with_it, without = rows(user), without_access(user)

    assert {name for name in with_it if with_it[name] != without[name]} == OPENS


@pytest.mark.django_db
def test_and_signed_notes_of_the_one_patient(world):
    access = EmergencyAccess.objects.get(pk=world.ids["own"]["access_id"])

    opened = set(ProgressNote.objects.opened_by(access).values_list("pk", flat=True))

    assert opened == {world.ids["own"]["note_id"], world.ids["ended"]["note_id"]}


def functions_that_know(name):
    """The functions of a module in which one of the names stands; "" for outside of all."""
    found = set()
    inside = {}
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef):
            inside |= {id(part): node.name for part in ast.walk(node)}
    for node in ast.walk(tree(name)):
        word = getattr(node, "id", getattr(node, "attr", ""))
        if word in NAMES or (isinstance(node, ast.FunctionDef) and node.name in NAMES):
            found.add(inside.get(id(node), ""))
    return found


def test_no_other_code_asks_for_it():
    knowing = {name for name in ours(".py") if "/migrations/" not in name}
    knowing = {name for name in knowing if any(word in text(name) for word in NAMES)}

    assert knowing == set(KNOW_OF_IT)
    for name, allowed in KNOW_OF_IT.items():
        if allowed is not None:
            assert functions_that_know(name) == allowed
