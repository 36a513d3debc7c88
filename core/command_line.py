"""The command line: a command of ours that nobody has classified is refused."""

from typing import Any

from django.core.management import CommandError, ManagementUtility
from django.core.management.base import BaseCommand

from core.policy import policy_of

DJANGOS = ("django.", "channels.", "allauth.", "servestatic.", "celery.")


class CommandLine(ManagementUtility):
    def fetch_command(self, subcommand: str) -> BaseCommand:
        command: Any = super().fetch_command(subcommand)
        if not is_classified(type(command)):
            raise CommandError(f"{subcommand} has no policy (core.policy), so it is not run.")
        return command  # type: ignore[no-any-return]  # Django's own type


def is_classified(command: type) -> bool:
    """Whether somebody decided whom the command serves; Django's own serve the operator."""
    return command.__module__.startswith(DJANGOS) or policy_of(command) is not None
