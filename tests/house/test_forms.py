"""No form speaks in Django's words."""

from collections.abc import Iterator
from importlib import import_module

from django.forms import BaseForm

from core.form_words import Worded
from tests.house.repository import ours

MODULES = [name.removesuffix(".py").replace("/", ".") for name in ours("forms.py")]


def kinds(base: type) -> Iterator[type]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_form_of_ours_has_our_words():
    for module in MODULES:
        import_module(module)

    found = {kind for kind in kinds(BaseForm) if kind.__module__ in MODULES}

    assert len(found) > len(MODULES)
    assert [kind for kind in found if not issubclass(kind, Worded)] == []
