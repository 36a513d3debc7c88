"""Names, sizes, and nothing in git that others made."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.repository import APPS, ROOT, files, ours, text, tree

ATTRACT_EVERYTHING = {
    "services", "service", "utils", "util", "utilities", "helpers", "helper", "common", "misc",
    "selectors", "managers", "exceptions", "base", "stuff", "tools",
}  # fmt: skip
FOREIGN_FOLDERS = {"node_modules", "vendor", "vendored", "third_party", "dist", "bower_components"}
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_TEMPLATE, LONGEST_LINE = 400, 60, 120, 400


def test_no_module_has_a_name_that_attracts_everything():
    named = [name for name in ours(".py") if Path(name).stem in ATTRACT_EVERYTHING]

    assert named == ["core/database/base.py"]  # where Django looks for a database backend


def test_nothing_that_others_made_is_in_git():
    foreign = [
        name
        for name in files()
        if ".min." in name or FOREIGN_FOLDERS & set(name.split("/")) or name.endswith(".map")
    ]

    assert foreign == []


def test_nothing_is_minified():
    sources = [n for n in files() if n.endswith((".js", ".css"))]
    long = [n for n in sources if max(map(len, text(n).splitlines()), default=0) > LONGEST_LINE]

    assert long == []


def test_no_module_is_too_long():
    lengths = {name: len(text(name).splitlines()) for name in ours(".py")}
    del lengths["telehealth/settings.py"]  # one file by decision, a list and not a story

    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_template_is_too_long():
    lengths = {name: len(text(name).splitlines()) for name in ours(".html")}

    assert {name: n for name, n in lengths.items() if n > LONGEST_TEMPLATE} == {}


def test_no_function_is_too_long():
    stories = "tests/journeys/"  # a story is told from its beginning to its end
    tests = [n for n in files() if n.endswith(".py") and n.startswith("tests/")]
    modules = ours(".py") + [name for name in tests if not name.startswith(stories)]
    functions = [
        (f"{name}:{node.name}", node.end_lineno - node.lineno + 1)
        for name in modules
        for node in ast.walk(tree(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    assert [(name, n) for name, n in functions if n > LONGEST_FUNCTION] == []


@pytest.mark.parametrize("app", APPS)
def test_an_app_has_one_first_migration(app):
    migrations = [
        Path(name).stem
        for name in files()
        if name.startswith(f"{app}/migrations/") and not name.endswith("__init__.py")
    ]

    assert migrations in ([], ["0001_initial"])


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "bootstrap.txt"])
def test_a_lock_names_no_host(name):
    told = [
        line for line in text(name).splitlines() if re.search(r"://|--(extra-)?index-url", line)
    ]

    assert told == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "bootstrap.txt"])
def test_a_lock_pins_every_package_by_hash(name):
    blocks = re.split(r"\n(?=[a-zA-Z])", text(name).strip())

    assert [b.split()[0] for b in blocks if "==" not in b or "--hash=sha256:" not in b] == []


def test_every_style_sheet_is_imported():
    imported = set(re.findall(r'@import url\("([^"]+)"\)', text("static/css/main.css")))
    present = {
        name.removeprefix("static/css/")
        for name in files()
        if name.startswith("static/css/") and not name.endswith("/main.css")
    }

    assert imported == present


def test_every_script_is_on_a_page_or_imported():
    pages = "".join(text(name) for name in ours(".html"))
    scripts = [name for name in files() if name.startswith("static/js/")]
    imported = {
        str((ROOT / name).parent.joinpath(path).resolve().relative_to(ROOT))
        for name in scripts
        for path in re.findall(r'(?:from|import) "(\.[^"]+)";', text(name))
    }

    unused = [
        n for n in scripts if n not in imported and f'"{n.removeprefix("static/")}"' not in pages
    ]
    assert unused == []
