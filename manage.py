#!/usr/bin/env python
"""Django's command line, with the embedded database running where one is needed."""

import os
import sys

from django.core.management import CommandError

from core.command_line import CommandLine
from core.postgres import Unavailable


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
    try:
        CommandLine(sys.argv).execute()
    except (Unavailable, CommandError) as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
