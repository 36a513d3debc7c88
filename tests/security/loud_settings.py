"""The site's settings with everything said aloud: what a log could hold at most."""

from telehealth.settings import *  # noqa: F403 -- the same settings, but for the log
from telehealth.settings import LOGGING

LOGGING["root"]["level"] = "DEBUG"
LOGGING["loggers"] = {"django": {"handlers": [], "level": "DEBUG"}}
