"""Names for people who do not exist, and the addresses and numbers that go with them."""

from collections import Counter
from random import Random

from django.utils.text import slugify

from telehealth.demo import data

TRIES = 40


class Names:
    """Draw names, each once as long as there are enough, and tell namesakes apart."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._groups = data.read("names")["group"]
        self._shares = [group["share"] for group in self._groups]
        self._drawn: set[tuple[str, str]] = set()
        self._mailboxes: Counter[str] = Counter()

    def draw(self, *, family: str = "") -> tuple[str, str]:
        """Return a given and a family name; of `family`, if one is asked for."""
        for _ in range(TRIES):
            pair = self._pair(family)
            if pair not in self._drawn:
                break
        self._drawn.add(pair)
        return pair

    def _pair(self, family: str) -> tuple[str, str]:
        related = [group for group in self._groups if family in group["family"]]
        group = related[0] if related else self._rng.choices(self._groups, self._shares)[0]
        return self._rng.choice(group["given"]), family or self._rng.choice(group["family"])

    def mailbox(self, name: str) -> str:
        """Return what goes before the @: "ana.leota", and "ana.leota.2" for her namesake."""
        plain = ".".join(slugify(word) for word in name.split())
        self._mailboxes[plain] += 1
        count = self._mailboxes[plain]
        return plain if count == 1 else f"{plain}.{count}"


def phone(state: str, rng: Random) -> str:
    """Return one of the hundred numbers of an area code that are kept for fiction."""
    area = rng.choice(data.read("practice")["area_codes"][state])
    return f"{area}-555-01{rng.randrange(100):02}"


def npi(index: int) -> str:
    """Return a National Provider Identifier of the right form: Luhn's check digit, after 80840."""
    body = f"19{index:07}"
    total = sum(
        digit if place % 2 else sum(divmod(digit * 2, 10))
        for place, digit in enumerate(map(int, reversed("80840" + body)))
    )
    return f"{body}{-total % 10}"
