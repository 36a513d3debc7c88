"""Every door says whom it is for: views, sockets, duties, tasks and commands."""

import inspect
from importlib import import_module

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from core import duties
from core.policy import policy_of
from telehealth.celery import app as celery
from telehealth.routing import sockets
from tests.house.repository import ours, text


def patterns(resolver=None):
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


def title(thing):
    return str(thing.pattern) if isinstance(thing, URLPattern) else str(thing)


COMMANDS = [
    import_module(name.removesuffix(".py").replace("/", ".")).Command
    for name in ours(".py")
    if "/management/commands/" in name and not name.endswith("__init__.py")
]
celery.loader.import_default_modules()
TASKS = [celery.tasks[name] for name in sorted(celery.tasks) if not name.startswith("celery.")]


@pytest.mark.parametrize("pattern", [*patterns()], ids=title)
def test_a_view_is_classified(pattern):
    assert policy_of(pattern.callback)


@pytest.mark.parametrize("address", sockets, ids=title)
def test_a_socket_is_classified_and_guarded(address):
    assert policy_of(address.callback.consumer_class)
    assert address.callback.__qualname__.startswith("guard.")


@pytest.mark.parametrize("kind", sorted(duties.HANDLERS))
def test_a_duty_is_classified(kind):
    assert policy_of(duties.HANDLERS[kind])


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_task_is_classified(task):
    assert policy_of(task.run)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__module__)
def test_a_command_is_classified(command):
    assert policy_of(command)


NAMING = [p for p in patterns() if p.pattern.converters]


def ways_to(finds):
    """How a module writes the accessor where it uses it: "Thread.objects.visible_to("."""
    model = getattr(getattr(finds, "__self__", None), "model", None)
    return f"{model.__name__}.objects.{finds.__name__}(" if model else f"{finds.__name__}("


@pytest.mark.parametrize("pattern", NAMING, ids=title)
def test_a_view_that_is_given_an_id_looks_it_up_by_its_accessor(pattern):
    finds = policy_of(pattern.callback).finds
    view = getattr(pattern.callback, "view_class", inspect.unwrap(pattern.callback))
    module = inspect.getmodule(view)

    assert finds is not None
    assert ways_to(finds) in inspect.getsource(module)


def test_nobody_says_twice_who_may_come_without_an_account():
    told = [name for name in ours(".py") if "login_not_required" in text(name)]

    assert told == []


def test_there_are_doors_to_look_at():
    assert (len(NAMING) > 15, len(TASKS) > 2, len(COMMANDS) > 6) == (True, True, True)
