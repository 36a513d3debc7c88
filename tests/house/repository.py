"""What the house tests look at: the repository's own files, as git would commit them."""

import ast
import subprocess
from functools import cache
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
APPS = [
    "telehealth", "billing", "care", "sessions", "messaging", "appointments", "accounts", "core",
]  # fmt: skip


@cache
def files() -> list[str]:
    """Every file that is in git or about to be, as a path from the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(name for name in listed.splitlines() if (ROOT / name).is_file())


def ours(suffix: str) -> list[str]:
    """The files of the apps that end so, migrations left out."""
    return [
        name
        for name in files()
        if name.endswith(suffix) and name.split("/")[0] in APPS and "/migrations/" not in name
    ]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(text(name), filename=name)


def is_edge(name: str) -> bool:
    """Whether the module meets the world."""
    stem = Path(name).stem
    return stem in ("views", "consumers", "tasks") or stem.endswith("_views")


def models() -> list[type]:
    return [model for app in APPS for model in apps.get_app_config(label(app)).get_models()]


def label(app: str) -> str:
    return "video" if app == "sessions" else app
