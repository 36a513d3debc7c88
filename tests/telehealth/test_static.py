import re

import pytest
from django.core.files.base import ContentFile

from telehealth.static import HashedModulesStorage

HASH = r"\.[0-9a-f]{12}\."


@pytest.fixture
def storage(tmp_path):
    """A storage with one module that imports another."""
    storage = HashedModulesStorage(location=tmp_path, base_url="/static/")
    storage.save("js/near.js", ContentFile(b"export const near = 1;\n"))
    storage.save("js/page.js", ContentFile(b'import { near } from "./near.js";\nnear;\n'))
    return storage


def collect(storage):
    paths = {name: (storage, name) for name in ("js/near.js", "js/page.js")}
    for _original, hashed, processed in storage.post_process(paths):
        assert not isinstance(processed, Exception), hashed


def test_a_name_carries_the_hash_of_its_content(storage):
    collect(storage)

    assert re.fullmatch(rf"/static/js/near{HASH}js", storage.url("js/near.js"))


def test_a_module_imports_the_hashed_name_of_another(storage, tmp_path):
    collect(storage)

    page = (tmp_path / storage.stored_name("js/page.js")).read_text()
    near = storage.stored_name("js/near.js").removeprefix("js/")
    assert page == f'import {{ near }} from "./{near}";\nnear;\n'


def test_a_change_deep_down_changes_the_names_above_it(storage):
    collect(storage)
    before = storage.stored_name("js/page.js")
    storage.delete("js/near.js")
    storage.save("js/near.js", ContentFile(b"export const near = 2;\n"))

    collect(storage)

    assert storage.stored_name("js/page.js") != before


def test_an_import_of_nothing_fails_the_release(storage):
    storage.save("js/lost.js", ContentFile(b'import { lost } from "./nowhere.js";\n'))
    outcomes = list(storage.post_process({"js/lost.js": (storage, "js/lost.js")}))

    faults = [p for _original, _hashed, p in outcomes if isinstance(p, Exception)]
    assert [type(fault).__name__ for fault in faults] == ["MissingFileError"]
