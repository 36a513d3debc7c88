"""Pictures of the states of a model, drawn from the table that its methods obey."""

from collections.abc import Collection, Mapping, Sequence

from django.apps import apps
from django.db.models import Model


def pictures() -> dict[str, str]:
    """Return a Markdown page, by file name, for each model with a Status and a table NEXT."""
    return {
        f"{model.__name__.lower()}.md": _page(model, list(statuses), table)
        for model in apps.get_models()
        if (table := getattr(model, "NEXT", None)) and (statuses := getattr(model, "Status", None))
    }


def _page(model: type[Model], statuses: Sequence[str], table: Mapping[str, Collection[str]]) -> str:
    diagram = "\n".join(f"    {arrow}" for arrow in arrows(statuses, table))
    title = f"# The states of {model.__name__}"
    origin = f"Drawn from `NEXT` in `{model.__module__}` by `manage.py states`; do not edit."
    return f"{title}\n\n{origin}\n\n```mermaid\nstateDiagram-v2\n{diagram}\n```\n"


def arrows(statuses: Sequence[str], table: Mapping[str, Collection[str]]) -> list[str]:
    """Return the transitions in the order of the statuses: the first ones, all, the last ones.

    :param table: the statuses that may follow each status; one that none may follow can be missing
    """
    following = {start: [s for s in statuses if s in table.get(start, ())] for start in statuses}
    reached = {end for ends in following.values() for end in ends}
    return [
        *(f"[*] --> {status}" for status in statuses if status not in reached),
        *(f"{start} --> {end}" for start in statuses for end in following[start]),
        *(f"{status} --> [*]" for status in statuses if not following[status]),
    ]
