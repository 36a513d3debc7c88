"""Words as people type them: without their accents, and with a letter too many or too few.

Two words are taken for one where both give the same after at most one letter of each is left out:
that is every slip of one letter, and two letters that changed places (W. Garbe's symmetric delete,
2012). It asks for equal strings only, which an index finds; PostgreSQL's `unaccent` and `pg_trgm`
are extensions, which not every server has.
"""

import re
import unicodedata

SHORT = 4  # letters: of words no longer than that, too many are alike
LONGEST = 40
# Letters that Unicode does not take apart, as people without them on their keyboard type them.
PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th"})


def folded(text: str) -> str:
    """Return the text in small letters without their marks: "Tomás" and "TOMAS" are one."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c)).translate(PLAIN)


def words(text: str) -> set[str]:
    return {word[:LONGEST] for word in re.findall(r"\w+", folded(text).replace("'", ""))}


def forms_of(word: str) -> set[str]:
    """Return the word, and what is left of it when any one letter is left out."""
    if len(word) <= SHORT:
        return {word}
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def forms(text: str) -> set[str]:
    """Return what a text is found by."""
    return set[str]().union(*map(forms_of, words(text)))
