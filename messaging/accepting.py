"""What is looked at before a file is taken in: name, declared kind and first bytes must agree."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from core.seen import is_unseen
from messaging.kinds import EXTENSIONS, ContentType, Kind, Reason, Refused, Size
from messaging.limits import LONGEST_TITLE, MOST_BYTES, MOST_PIXELS

NOT_IN_NAMES = str.maketrans(dict.fromkeys('<>:"|?*', " "))  # on one system or another
SAYS_NOTHING = {"", "application/octet-stream"}  # of a browser that does not know the extension


@dataclass(frozen=True)
class Upload:
    """A file that may be taken in; whether it is passed on is for `checking` to say."""

    title: str
    content_type: ContentType
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


def accept(*, name: str, declared: str, content: bytes) -> Upload:
    """
    :param name: as the sender's machine calls the file; kept as a title, never as a path
    :param declared: the content type that the browser names
    :raises Refused:
    """
    kind = kind_of(name)
    if not content:
        raise Refused(Reason.EMPTY)
    if len(content) > MOST_BYTES:
        raise Refused(Reason.TOO_LARGE)
    if declared.partition(";")[0].strip().lower() not in SAYS_NOTHING | {kind.content_type}:
        raise Refused(Reason.MISNAMED)
    if not kind.begins(content):
        raise Refused(Reason.MISNAMED)
    if kind.measure:
        look_at_size(kind.measure, content)
    return Upload(title_of(name, kind), kind.content_type, content)


def kind_of(name: str) -> Kind:
    """
    :raises Refused:
    """
    _stem, _, extension = seen(name).rpartition(".")
    if kind := EXTENSIONS.get(extension.lower()):
        return kind
    raise Refused(Reason.OTHER_KIND)


def look_at_size(measure: Callable[[bytes], Size], content: bytes) -> None:
    """Refuse a picture that would fill the memory, before anything decodes it."""
    try:
        width, height = measure(content)
    except (IndexError, ValueError):
        raise Refused(Reason.UNREADABLE) from None
    if not width * height:
        raise Refused(Reason.UNREADABLE)
    if width * height > MOST_PIXELS:
        raise Refused(Reason.TOO_MANY_PIXELS)


def title_of(name: str, kind: Kind) -> str:
    """The name without folders, and without characters that hide or turn around what follows."""
    stem = seen(name).replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    end = f".{kind.extensions[0]}"
    words = " ".join(stem.translate(NOT_IN_NAMES).split())[: LONGEST_TITLE - len(end)].strip(" .")
    return (words or "file") + end


def seen(name: str) -> str:
    return "".join(character for character in name if not is_unseen(character))
