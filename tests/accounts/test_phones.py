import pytest

from accounts import phones


@pytest.mark.parametrize(
    "written", ["3125550123", "(312) 555-0123", "+1 312.555.0123", "1-312-555-0123"]
)
def test_a_number_is_kept_one_way(written):
    assert phones.parse(written) == "312-555-0123"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "555-0123",
        "112-555-0123",
        "312-155-0123",
        "+44 20 7946 0000",
        "31255501234",
        "312555012\N{ARABIC-INDIC DIGIT THREE}",
        "312555012\N{FULLWIDTH DIGIT THREE}",
    ],
)
def test_what_is_no_number_here_is_refused(written):
    with pytest.raises(ValueError, match="not a phone number"):
        phones.parse(written)
