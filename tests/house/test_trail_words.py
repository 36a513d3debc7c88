"""Whatever is written on the audit trail can be told to the patient in plain words."""

import ast

from accounts.trail_words import ACTIONS
from tests.house.repository import ours, tree

WRITERS = {"record", "record_reads", "_record", "_announce"}  # the last two hand it on


def actions(name):
    """The actions that a module names where it writes to the trail."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Call) and called(node) in WRITERS and node.args:
            yield from words(node.args[0])


def called(call):
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def words(argument):
    """The texts in an argument, such as both of `"a.b" if new else "a.c"`."""
    for node in ast.walk(argument):
        if isinstance(node, ast.Constant) and "." in str(node.value):
            yield node.value


RECORDED = {action for name in ours(".py") for action in actions(name)}


def test_every_action_has_words():
    assert RECORDED - set(ACTIONS) == set()


def test_there_are_actions_to_look_at():
    assert {"note.signed", "video.ended", "appointment.booked", "note.read"} <= RECORDED
