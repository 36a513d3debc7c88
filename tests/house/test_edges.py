"""Views, consumers and tasks parse, make one domain call, and answer."""

import ast

import pytest

from tests.house.repository import is_edge, ours, tree

WRITES = {
    "save", "create", "bulk_create", "get_or_create", "update_or_create", "delete",
    "select_for_update",
}  # fmt: skip
# What may follow `.objects`: methods that say whose rows these are, or that they are public.
SCOPES = {
    "visible_to", "held_by", "listed", "of_provider", "of_patient", "in_calendar_of",
    "in_clinical_care_of", "managed_by", "reading", "readable_by", "open_to", "watched_by",
    "opened_by", "kept_by", "answered_by", "at_desk_of", "changed_by", "of_user",
}  # fmt: skip
EDGES = [name for name in ours(".py") if is_edge(name)]
EDGES.remove("core/tasks.py")  # it writes the heartbeat, which is the whole of that task


def faults(name, module):
    """Calls that write, and `.objects` that is not narrowed to what the reader may see."""
    nodes = list(ast.walk(module))
    narrowed = {id(node.value) for node in nodes if is_narrowed(node)}
    narrowed |= {id(node.func.value) for node in nodes if is_own(node)}
    for node in nodes:
        if is_write(node):
            yield f"{name}:{node.lineno} .{node.func.attr}()"
        elif getattr(node, "attr", "") == "objects" and id(node) not in narrowed:
            yield f"{name}:{node.lineno} .objects"


def is_write(node):
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") in WRITES


def is_narrowed(node):
    """Whether this is `….objects.visible_to`, or another of that kind."""
    return isinstance(node, ast.Attribute) and node.attr in SCOPES


def is_own(node):
    """Whether this is `….objects.filter(user=…)`."""
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") == "filter"
        and "user" in [word.arg for word in node.keywords]
    )


@pytest.mark.parametrize("name", EDGES)
def test_an_edge_neither_writes_nor_picks_rows_of_others(name):
    assert list(faults(name, tree(name))) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("Thread.objects.visible_to(user).filter(id=1)", 0),
        ("Thread.objects.filter(id=1)", 1),
        ("Thread.objects.all().delete()", 2),
        ("Provider.objects.filter(user=user).first()", 0),
        ("thread.save()", 1),
        ("message = thread.messages.create(body='')", 1),
    ],
)
def test_the_rule_tells_them_apart(source, count):
    assert len(list(faults("x/views.py", ast.parse(source)))) == count


def test_there_are_edges_to_look_at():
    assert "messaging/views.py" in EDGES
