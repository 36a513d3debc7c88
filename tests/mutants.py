"""
Change the rules one at a time, and see that a test notices.

    python -m tests.mutants [MODULE]   every mutant of the policy, with the tests that guard it
    python -m tests.mutants --list     what would be changed

mutmut wants to run a copy of the sources with a runner of its own, which this suite's embedded
database does not bear; the rules are few, so the mutants are made here. Each is one change of one
node: a comparison turned, and for or, a condition dropped, an answer left out. Nothing is written:
a child process gets the changed code in memory and runs the tests, first the quick ones.
"""

import ast
import contextlib
import copy
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import django
import pytest

from tests import server

server.prepare_environment()
os.environ["DJANGO_SETTINGS_MODULE"] = "telehealth.settings"
django.setup()

from django.db import transaction  # noqa: E402 -- after the environment
from django.test.utils import setup_databases, teardown_databases  # noqa: E402 -- as above

from core import tenancy  # noqa: E402 -- as above
from tests.security import world as worlds  # noqa: E402 -- as above
from tests.security.rights import RIGHTS, differences  # noqa: E402 -- as above

ROOT = Path(__file__).resolve().parent.parent
# Modules are imported before, and the parent's hold of the server is no leak of the child's.
QUIET = ["-W", "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:unraisableexception"]
# What is mutated: module, the functions in it (all, where none is named), and the tests.
CARE = ["tests/accounts/test_care_team.py", "tests/appointments/test_ending_care.py"]
TARGETS: dict[str, tuple[set[str], list[str]]] = {
    "core/policy.py": (set(), ["tests/core/test_policy.py", "tests/accounts/test_permissions.py"]),
    "accounts/permissions.py": (set(), ["tests/accounts/test_permissions.py"]),
    "accounts/wall.py": (set(), [
        "tests/accounts/test_permissions.py", "tests/accounts/test_factors.py",
        "tests/accounts/test_passkey_rule.py",
    ]),
    "accounts/care_team.py": ({"current", "of", "in_care", "goes_on", "managed_by"}, [
        *CARE, "tests/accounts/test_care_team_views.py", "tests/messaging/test_threads.py",
        "tests/sessions/test_seats.py",
    ]),
    "accounts/models/patients.py": (
        {"visible_to", "in_clinical_care_of", "at_desk_of", "kept_by"},
        [*CARE, "tests/telehealth/test_desk_patient_views.py", "tests/accounts/test_coverage.py"],
    ),
    "accounts/models/providers.py": ({"kept_by"}, ["tests/appointments/test_hours_views.py"]),
    "accounts/models/users.py": ({"visible_to"}, ["tests/accounts/test_staffing.py"]),
    "accounts/models/emergency_access.py": ({"open_to", "watched_by", "to_review"}, [
        "tests/accounts/test_emergency.py",
    ]),
    "appointments/models.py": ({
        "visible_to", "in_calendar_of", "in_care", "at_desk_of", "changed_by", "kept_by",
    }, [
        "tests/appointments/test_desk_visits.py", "tests/appointments/test_missing.py",
        *CARE, "tests/appointments/test_views.py", "tests/appointments/test_models.py",
    ]),
    "appointments/external.py": ({"kept_by"}, ["tests/appointments/test_importing.py"]),
    "appointments/responses.py": ({"at_desk_of"}, ["tests/appointments/test_responding.py"]),
    "care/models.py": ({
        "visible_to", "reading", "current", "readable_by", "signed_by", "_may_read",
        "opened_by", "_may_be_shown", "newest", "in_force", "of_patient",
    }, [
        "tests/care/test_emergency_views.py",
        "tests/care/test_supervising.py", "tests/care/test_note_views.py",
        "tests/care/test_consents.py", "tests/security/test_row_07_part_2_consent.py",
    ]),
    "care/rights.py": ({
        "looked_after_by", "of_patient", "kept_by", "accounted", "answered_by", "waiting",
    }, [
        "tests/care/test_amending.py", "tests/care/test_disclosing.py",
    ]),
    "care/psychotherapy.py": ({"visible_to", "with_care_of"}, [
        "tests/care/test_psychotherapy_notes.py", "tests/care/test_psychotherapy_note_views.py",
    ]),
    "messaging/models.py": ({"visible_to"}, [
        "tests/messaging/test_threads.py", "tests/messaging/test_views.py",
        "tests/messaging/test_attachments.py",
    ]),
    "sessions/models.py": ({"visible_to", "with_rights"}, ["tests/sessions/test_seats.py"]),
    "billing/proposals.py": ({"visible_to", "answered_by"}, ["tests/billing/test_fees.py"]),
    "billing/models.py": ({"of_provider", "of_patient"}, ["tests/billing/test_views.py"]),
}  # fmt: skip
# Those that change nothing that anybody could see, each with the reason.
EQUIVALENT: dict[str, str] = {}


@dataclass(frozen=True)
class Mutant:
    module: str
    function: str
    words: str
    source: str

    @property
    def name(self) -> str:
        return f"{self.module}:{self.function}: {self.words}"


Tried = tuple[Mutant, list[str]]
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.Or: ast.And, ast.And: ast.Or,
}  # fmt: skip
CALLS = {"filter": "exclude", "exclude": "filter"}


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield each way to change one node, in words and as a new node."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield "turn a comparison", changed(node, ops=[SWAPS[type(node.ops[0])]()])
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        yield "swap and/or", changed(node, op=SWAPS[type(node.op)]())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        yield "drop a not", node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "turn a truth", changed(node, value=not node.value)
    yield from changes_of_statement(node)
    if isinstance(node, ast.Call):
        yield from changes_of_call(node)


def changes_of_statement(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Return) and node.value and not isinstance(node.value, ast.Constant):
        yield "return nothing", changed(node, value=ast.Constant(None))
    if isinstance(node, ast.Raise):
        yield "do not raise", ast.Pass()


def changes_of_call(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node.func, ast.Attribute) and node.func.attr in CALLS:
        turned = changed(node.func, attr=CALLS[node.func.attr])
        yield f"{node.func.attr} -> {CALLS[node.func.attr]}", changed(node, func=turned)
    if is_query(node):
        for place, word in enumerate(node.keywords):
            rest = node.keywords[:place] + node.keywords[place + 1 :]
            yield f"drop {word.arg}", changed(node, keywords=rest)
        for place, part in enumerate(node.args):
            rest_of = node.args[:place] + node.args[place + 1 :]
            yield f"drop {ast.unparse(part)[:40]}", changed(node, args=rest_of)


def is_query(node: ast.Call) -> bool:
    called = ast.unparse(node.func).rpartition(".")[2]
    return called in ("filter", "exclude", "Q")


def changed(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def mutants(module: str, functions: set[str]) -> Iterator[Mutant]:
    tree = ast.parse((ROOT / module).read_text())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for body in (tree.body, *(one.body for one in classes)):
        for function in body:  # what is defined inside of one is mutated with it
            if isinstance(function, ast.FunctionDef) and (
                function.name in (functions or {function.name})
            ):
                yield from mutants_of(module, tree, function)


def mutants_of(module: str, tree: ast.Module, function: ast.FunctionDef) -> Iterator[Mutant]:
    seen: set[str] = set()
    for parent in ast.walk(function):
        for field, value in code_of(parent):
            for place, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                for words, new in changes(node) if isinstance(node, ast.AST) else ():
                    put(parent, field, place, new)
                    source = ast.unparse(tree)
                    put(parent, field, place, node)
                    line = getattr(node, "lineno", 0)
                    if source not in seen:
                        seen.add(source)
                        yield Mutant(module, function.name, f"{words} (line {line})", source)


def code_of(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """The fields of a node that are run: what is said of types changes nothing."""
    fields = ast.iter_fields(node)
    return ((name, value) for name, value in fields if name not in ("annotation", "returns"))


def put(parent: ast.AST, field: str, place: int | None, node: ast.AST) -> None:
    if place is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[place] = node


def code_in(code: CodeType, name: str) -> Iterator[tuple[str, CodeType]]:
    """Yield every function of a compiled module that stands in a class or alone."""
    for part in code.co_consts:
        if isinstance(part, CodeType):
            if part.co_name == name:
                yield part.co_qualname, part
            if "<locals>" not in part.co_qualname:
                yield from code_in(part, name)


def put_in_place(mutant: Mutant) -> list[tuple[FunctionType, CodeType]]:
    """Give the functions that are in memory the changed code. Return what they had before."""
    module = import_module(mutant.module.removesuffix(".py").replace("/", "."))
    code, before = compile(mutant.source, mutant.module, "exec"), []
    for path, changed_code in code_in(code, mutant.function):
        found = module
        for part in path.split("."):
            found = vars(found)[part] if isinstance(found, type) else getattr(found, part)
        before.append((found, found.__code__))
        found.__code__ = changed_code
    return before


def is_noticed(world: worlds.World, mutant: Mutant) -> bool:
    """Whether anybody reaches other rows than she should: the quick half of the tests."""
    before = put_in_place(mutant)
    try:
        with transaction.atomic():
            return any(differences(world, name) for name in RIGHTS)
    except Exception:  # a query that cannot be asked is noticed as well
        return True
    finally:
        for function, code in before:
            function.__code__ = code


def quickly_left(found: list[Tried]) -> list[Tried]:
    """Those that the world of the matrix does not tell from the rules as they are."""
    made = setup_databases(verbosity=0, interactive=False, keepdb=True)
    with tenancy.every_practice(), transaction.atomic():
        world = worlds.build()
        if any(differences(world, name) for name in RIGHTS):
            sys.exit("The rights are not as expected, without any mutant.")
        left = [(mutant, tests) for mutant, tests in found if not is_noticed(world, mutant)]
        transaction.set_rollback(True)
    teardown_databases(made, verbosity=0, keepdb=True)  # a child opens its own
    return left


def survives(mutant: Mutant, tests: list[str]) -> bool:
    """Run the tests with the mutant, in a child that is thrown away."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    options = ["-qx", "-n0", "-pno:randomly", "-pno:cacheprovider", "--reuse-db", *QUIET]
    code = 1
    try:
        put_in_place(mutant)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            code = int(pytest.main([*options, *tests]))
    finally:
        os._exit(code)


def prepare() -> None:
    """What takes long is done once, before the first child: the server, the imports, the apps."""
    os.environ["PYTEST_XDIST_WORKER"] = "mutants"  # a child starts no server of its own
    os.chdir(ROOT)
    import_module("telehealth.urls")


def told(mutant: Mutant, is_left: bool) -> bool:
    say(f"{'SURVIVED' if is_left else 'killed  '} {mutant.name}")
    return is_left


def chosen(wanted: list[str]) -> Iterator[tuple[Mutant, list[str]]]:
    for module, (functions, tests) in TARGETS.items():
        if not wanted or module in wanted:
            for mutant in mutants(module, functions):
                yield mutant, tests


def check_that_tests_pass(tests: list[str]) -> None:
    """Without a mutant all is well; otherwise every mutant would seem to be killed."""
    same = Mutant("core/policy.py", "policy_of", "nothing", (ROOT / "core/policy.py").read_text())
    if failing := [test for test in tests if not survives(same, [test])]:
        sys.exit(f"These fail without any mutant: {failing}")


def main(arguments: list[str]) -> None:
    found = list(chosen([a for a in arguments if not a.startswith("-")]))
    if "--list" in arguments:
        say("\n".join(mutant.name for mutant, _ in found))
        return
    prepare()
    tried = [(mutant, tests) for mutant, tests in found if mutant.name not in EQUIVALENT]
    slow = quickly_left(tried)
    say(f"{len(tried) - len(slow)} of {len(tried)} are noticed by the world of the matrix")
    check_that_tests_pass(sorted({test for _, tests in slow for test in tests}))
    left = [mutant for mutant, tests in slow if told(mutant, survives(mutant, tests))]
    say(f"{len(found)} mutants, {len(found) - len(tried)} explained, {len(left)} survived")
    sys.exit(1 if left else 0)


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
