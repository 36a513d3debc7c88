"""Who may ask for a page may ask for its head, as some browsers, proxies and monitors do."""

import ast

import pytest

from tests.house.repository import ours, tree

GET_ONLY = "require_GET"  # Django's `require_safe` answers HEAD as well
MODULES = ours(".py")


def names(module):
    """Every name that the module speaks, imports or reaches for."""
    for node in ast.walk(module):
        for field in ("id", "attr", "name"):
            yield getattr(node, field, None)


@pytest.mark.parametrize("name", MODULES)
def test_no_view_answers_get_alone(name):
    assert GET_ONLY not in names(tree(name))


@pytest.mark.parametrize(
    "source",
    [
        "from django.views.decorators.http import require_GET",
        "from django.views.decorators.http import require_GET as safe",
        "from django.views.decorators import http\n@http.require_GET\ndef page(): ...",
    ],
)
def test_the_rule_sees_it_however_it_is_spelled(source):
    assert GET_ONLY in names(ast.parse(source))


def methods(module):
    """The lists of methods that a view may be asked with."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require_http_methods":
            yield {word.value for word in node.args[0].elts}


@pytest.mark.parametrize("name", MODULES)
def test_who_may_get_may_ask_for_the_head(name):
    assert [found for found in methods(tree(name)) if "GET" in found and "HEAD" not in found] == []


def test_there_are_views_to_look_at():
    assert "sessions/views.py" in MODULES
