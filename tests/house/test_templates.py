"""Templates: every word can be translated, nothing is inline, nothing is left over."""

import ast
import re
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

from tests.house.addresses import addresses
from tests.house.repository import files, ours, text, tree

TEMPLATES = [n for n in files() if "/templates/" in n and n.endswith((".html", ".txt"))]
PAGES = [name for name in TEMPLATES if name.endswith(".html")]
BRAND = {"Telehealth"}
WORD = re.compile(r"[^\W\d_]{2,}")
SENTENCE = re.compile(r"[A-Z]\w* ")
SPOKEN = {"alt", "aria-label", "aria-description", "placeholder", "title", "label"}
BY_STATUS = {"400.html", "404.html", "429.html", "500.html"}  # asked for by Django and allauth
I18N_BLOCKS = {"blocktranslate": "endblocktranslate", "blocktrans": "endblocktrans"}
SILENT_BLOCKS = {"comment": "endcomment"}


def without_tags(source):
    """The template with all that Django fills in, and all that is translated, taken out."""
    kept, inside = [], None
    for token in Lexer(source).tokenize():
        name = token.contents.split()[0] if token.token_type == TokenType.BLOCK else ""
        if inside:
            inside = None if name == inside else inside
        elif name in I18N_BLOCKS | SILENT_BLOCKS:
            inside = (I18N_BLOCKS | SILENT_BLOCKS)[name]
        elif token.token_type == TokenType.TEXT:
            kept.append(token.contents)
    return "".join(kept)


class Page(HTMLParser):
    """What of a page people read or hear, and what of it is inline."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.spoken, self.inline = [], []
        self.feed(without_tags(source))
        self.close()

    def handle_data(self, data):
        self.spoken.append(data)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.spoken += [value or "" for name, value in attrs if is_spoken(name, value)]
        self.inline += [name for name in values if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in values):
            self.inline.append(tag)

    handle_startendtag = handle_starttag


def is_spoken(name, value):
    """Attributes that are read out, and data for a script that begin like a sentence."""
    return name in SPOKEN or (name.startswith("data-") and SENTENCE.match(value or ""))


def untranslated(source):
    words = [word for part in Page(source).spoken for word in WORD.findall(part)]
    return [word for word in words if word not in BRAND]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_word_can_be_translated(name):
    assert untranslated(text(name)) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p>{% translate "Hello" %} · 24 / {{ name }}</p>', []),
        ("{% blocktranslate %}Hello {{ name }}{% endblocktranslate %} there", ["there"]),
        ("{% comment %}Hello{% endcomment %}{# Hello #}", []),
        ('<img alt="A door"><a title="{% translate "Home" %}">Telehealth</a>', ["door"]),
        ('<p data-for="live ended" data-words="Not sent">', ["Not", "sent"]),
        ("{% if a %}yes{% endif %}", ["yes"]),
    ],
)
def test_the_rule_finds_bare_words(source, found):
    assert untranslated(source) == found


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_inline(name):
    assert Page(text(name)).inline == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p style='color: red'>", ["style"]),
        ("<button onclick='go()'>", ["onclick"]),
        ("<script>go()</script>", ["script"]),
        ("<style>p {}</style>", ["style"]),
        ("<script type='module' src='{% static \"js/shell.js\" %}'></script>", []),
    ],
)
def test_the_rule_finds_what_is_inline(source, found):
    assert Page(source).inline == found


def strings(name):
    """Every string in a Python module."""
    nodes = ast.walk(tree(name))
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_every_template_is_used():
    named = set().union(*(strings(name) for name in ours(".py")))
    for name in TEMPLATES:
        named |= set(re.findall(r'{%\s*(?:include|extends)\s+"([^"]+)"', text(name)))
    own = {name.partition("/templates/")[2] for name in TEMPLATES} - BY_STATUS

    assert {name for name in own - named if not is_asked_for_by_allauth(name)} == set()


def is_asked_for_by_allauth(name):
    (folder,) = find_spec("allauth").submodule_search_locations
    return (Path(folder) / "templates" / name).exists()


def addressed():
    """Every name that a template or a module asks an address of, with where."""
    for name in TEMPLATES:
        for used in re.findall(r'{%\s*url\s+"([^"]+)"', text(name)):
            yield used, name
    for name in ours(".py"):
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.Call) and called(node) in ("reverse", "reverse_lazy"):
                yield from ((word.value, name) for word in node.args[:1] if is_word(word))


def is_word(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def called(call):
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


DEVELOPMENT = {"mailbox", "letter", "demo_sign_in"}  # addresses that exist with DEBUG only


def test_every_address_that_is_named_exists():
    known = {name for name, _pattern in addresses()} | DEVELOPMENT

    assert sorted({(used, name) for used, name in addressed() if used not in known}) == []
