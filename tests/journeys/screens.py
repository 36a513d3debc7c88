"""On what a story is played: a phone by day, a desk by night."""

import pytest
from playwright.sync_api import Page

SCREENS = pytest.mark.parametrize(
    "screen",
    [
        {"viewport": {"width": 360, "height": 800}, "color_scheme": "light"},
        {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    ],
    ids=["phone", "desk"],
)


def open_menu(page: Page) -> None:
    """On a phone a long menu is folded."""
    menu = page.get_by_role("button", name="Menu", exact=True)
    if menu.is_visible():
        menu.click()
