import pytest
from django.db import models

from tests.house.repository import models as all_models

SECRET = "Alice Doe"


def filled(model):
    """A row that was never saved, with a name in every text of it."""
    values = {}
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        if isinstance(field, models.CharField | models.TextField) and not field.choices:
            values[field.attname] = SECRET
        elif field.is_relation:
            values[field.attname] = 7
    return model(**values)


@pytest.mark.parametrize("model", all_models(), ids=lambda model: model._meta.label)
def test_a_row_in_a_log_tells_no_name(model):
    row = filled(model)

    assert [told for told in (str(row), repr(row)) if SECRET in told] == []
