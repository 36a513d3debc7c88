"""Phone numbers of the North American Numbering Plan."""

import re

PARTS = re.compile(r"1?([2-9]\d{2})([2-9]\d{2})(\d{4})", re.ASCII)


def parse(text: str) -> str:
    """Return the number as it is kept, "312-555-0123", from any usual way of writing it.

    :raises ValueError: if it is not a number of the plan
    """
    digits = re.sub(r"[\s().+-]", "", text)
    if (match := PARTS.fullmatch(digits)) is None:
        raise ValueError("not a phone number of the North American Numbering Plan")
    return "-".join(match.groups())


def e164(text: str) -> str:
    """Return the number as all the world writes it, "+13125550123"; "" if it is none."""
    try:
        return "+1" + parse(text).replace("-", "")
    except ValueError:
        return ""
