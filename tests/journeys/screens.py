"""On what a story is played: a phone by day, a desk by night."""

import pytest

SCREENS = pytest.mark.parametrize(
    "screen",
    [
        {"viewport": {"width": 360, "height": 800}, "color_scheme": "light"},
        {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    ],
    ids=["phone", "desk"],
)
