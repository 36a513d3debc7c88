"""Every duty that is asked for can be done, and what travels is ids."""

import ast
from importlib import import_module

import pytest

from core import duties
from tests.house.repository import ours, text, tree

# What a live event may carry beside its type: the name of a row, whose id is the value.
ROWS = {"message", "appointment", "session", "thread", "seat", "charge"}


def calls(name, function, module):
    """The calls of `module.function` in a file. Few files have one: the others are not parsed."""
    for node in ast.walk(tree(name)) if function in text(name) else ():
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"{module}.{function}":
            yield node


ASKED = [(name, call) for name in ours(".py") for call in calls(name, "enqueue", "outbox")]
TOLD = [(name, call) for name in ours(".py") for call in calls(name, "publish", "events")]


def kinds(name, argument):
    """The kinds that an argument can stand for: a word, a constant, or what callers hand in."""
    if isinstance(argument, ast.Constant):
        return {argument.value}
    module = import_module(name.removesuffix(".py").replace("/", "."))
    if hasattr(module, argument.id):
        return {getattr(module, argument.id)}
    handed = {a for f in enclosing(name, argument) for a in first_arguments(name, f)}
    return set().union(*(kinds(name, argument) for argument in handed))


def enclosing(name, argument):
    return [
        function.name
        for function in ast.walk(tree(name))
        if isinstance(function, ast.FunctionDef) and argument in ast.walk(function)
    ]


def first_arguments(name, function):
    return [
        call.args[0]
        for call in ast.walk(tree(name))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == function
    ]


@pytest.mark.parametrize(("name", "call"), ASKED, ids=lambda x: x if isinstance(x, str) else "")
def test_a_duty_that_is_asked_for_has_a_handler(name, call):
    asked = kinds(name, call.args[0])

    assert asked
    assert asked - set(duties.HANDLERS) == set()


def is_an_id(value):
    """Whether it is `str(row.id)` or `str(row.pk)`."""
    return (
        isinstance(value, ast.Call)
        and getattr(value.func, "id", "") == "str"
        and getattr(value.args[0], "attr", "") in ("id", "pk")
    )


@pytest.mark.parametrize(("name", "call"), TOLD, ids=lambda x: x if isinstance(x, str) else "")
def test_an_event_carries_ids_alone(name, call):
    carried = {word.arg: word.value for word in call.keywords}

    assert isinstance(carried.pop("type"), ast.Constant)
    assert set(carried) - ROWS == set()
    assert [word for word, value in carried.items() if not is_an_id(value)] == []


def test_there_are_duties_and_events_to_look_at():
    assert {name for name, _ in ASKED} >= {"messaging/notices.py", "appointments/notices.py"}
    assert {name for name, _ in TOLD} >= {"messaging/messages.py", "appointments/days.py"}
