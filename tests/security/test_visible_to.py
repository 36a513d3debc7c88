"""Goal row 2, one floor below the addresses: each queryset that says whose rows are whose."""

import ast

import pytest
from django.apps import apps

from accounts.models import Membership
from appointments.models import Appointment
from tests.house.repository import ours, tree
from tests.security.rights import RIGHTS, differences


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(RIGHTS))
def test_each_reaches_her_rows_and_no_others(world, name):
    assert differences(world, name) == []


def test_every_visible_to_is_asked():
    found = {
        f"{node.name.removesuffix('QuerySet')}.visible_to"
        for name in ours(".py")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ClassDef) and node.name.endswith("QuerySet")
        if "visible_to" in {getattr(part, "name", "") for part in node.body}
    }

    # An invitation inherits the one of memberships, and is asked for by its own name.
    assert found | {"Invitation.visible_to"} == {
        name for name in RIGHTS if name.endswith(".visible_to")
    }
    assert len(list(apps.get_models())) > len(found)


@pytest.mark.django_db
def test_a_provider_whose_membership_ends_reaches_nothing_at_once(world):
    own = world.people["own provider"].user
    before = Appointment.objects.visible_to(own).count()

    Membership.objects.filter(user=own).delete()

    assert (before, Appointment.objects.visible_to(own).count()) == (1, 0)
