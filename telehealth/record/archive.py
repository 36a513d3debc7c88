"""One file of a copy: what a person reads, what a machine reads, and what proves both."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from care.labels import NOTICE
from core import whole_file
from telehealth.record.bundle import bundle
from telehealth.record.contents import Contents
from telehealth.record.files import files, name_of
from telehealth.record.places import Json, written
from telehealth.record.reading import page
from telehealth.record.shapes import LEFT_OUT

PAGE, BUNDLE, MANIFEST = "record.html", "record.json", "manifest.json"


@dataclass(frozen=True)
class Archive:
    name: str
    content: bytes


def pack(contents: Contents) -> Archive:
    told: list[Json] = []
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts(contents):
            file.writestr(member(name, contents.terms.at), content)
            digest = hashlib.sha256(content).hexdigest()
            told.append({"name": name, "bytes": len(content), "sha256": digest})
        listed = json.dumps(manifest(contents, told), indent=1).encode()
        file.writestr(member(MANIFEST, contents.terms.at), listed)
    day = contents.terms.at.astimezone(ZoneInfo(contents.patient.zone))  # hers, as on the page
    return Archive(f"record-{day:%Y-%m-%d}.zip", kept.getvalue())


def parts(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """The files come first: what else there is says which of them are lost."""
    yield from files(contents)
    yield PAGE, page(contents).encode()
    yield BUNDLE, json.dumps(bundle(contents), indent=1).encode()


def member(name: str, at: datetime) -> zipfile.ZipInfo:
    """An entry that does not tell the clock or the user of this machine."""
    return zipfile.ZipInfo(name, date_time=at.timetuple()[:6])


def manifest(contents: Contents, files: list[Json]) -> Json:
    told: Json = {
        "made_at": written(contents.terms.at),
        "patient": str(contents.patient.ref),
        "files": files,
        "lost": [{"name": name_of(row), "why": "can no longer be opened"} for row in contents.lost],
        "left_out": [{"what": name, "why": why} for name, why in LEFT_OUT.items()],
    }
    return told | ({"notice": NOTICE} if contents.is_labeled else {})


def write(archive: Archive, path: Path) -> None:
    """Write the file whole or not at all, for the owner's eyes alone.

    :raises OSError: then nothing of it is there
    """
    whole_file.write(path, archive.content)
