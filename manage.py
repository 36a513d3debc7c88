#!/usr/bin/env python
"""Django's command line, with the embedded database running where one is needed."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError

from core import keyring, postgres
from core.command_line import CommandLine

# What whoever starts the site can mend is one sentence to them, and no traceback.
SENTENCES = (postgres.Unavailable, keyring.Unavailable, CommandError, ImproperlyConfigured)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
    try:
        CommandLine(sys.argv).execute()
    except SENTENCES as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
