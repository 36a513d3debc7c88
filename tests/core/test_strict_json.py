import pytest

from core.strict_json import Malformed, parse


def refusal(deed):
    with pytest.raises(Malformed) as caught:
        deed()
    return str(caught.value)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "The input is not JSON: Expecting value: line 1 column 1 (char 0)."),
        (b"{'a': 1}", "The input is not JSON: Expecting property name enclosed in double quotes"),
        (b"[1] [2]", "The input is not JSON: Extra data: line 1 column 5 (char 4)."),
        (b"[NaN]", "The input is not JSON: NaN is not a number."),
        (b"[-Infinity]", "The input is not JSON: -Infinity is not a number."),
        (b'{"a": 1, "b": 1, "a": 2}', "The input is not JSON: a name occurs twice"),
        (b"\xff\xfe\xfa", "The input is not JSON: 'utf-16-le' codec can't decode"),
        (b"[" * 200_000, "The input is nested too deeply."),
        (b"[" + b"9" * 5_000 + b"]", "The input is not JSON: Exceeds the limit"),
        (b'["\\ud800 word"]', "The input is not JSON: 'utf-8' codec can't encode"),
        (b'{"\\udfff": 1}', "The input is not JSON: 'utf-8' codec can't encode"),
    ],
)
def test_what_is_not_json_is_refused(document, reason):
    assert refusal(lambda: parse(document)).startswith(reason)


def test_members_carry_their_paths():
    rules = parse(b'{"rules": [{"from": "09:00"}]}').members("rules")["rules"]

    opening = rules.elements()[0].members("from")["from"]

    assert (opening.path, opening.text()) == ("rules[0].from", "09:00")


def test_an_optional_member_may_be_left_out():
    node = parse(b'{"a": 1}')

    assert list(node.members("a", optional=("b",))) == ["a"]
    assert (node.has("a"), node.has("b"), parse(b"[]").has("a")) == (True, False, False)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"[]", "The input: must be an object."),
        (b"{}", "The input: lacks 'a'."),
        (b'{"a": 1, "c": 1}', "The input: has an unknown member 'c'."),
        (b'{"a": 1, "%b": 1}' % (b"c" * 99), f"The input: has an unknown member '{'c' * 40}'."),
    ],
)
def test_other_members_than_those_asked_for_are_refused(document, reason):
    node = parse(document)

    assert refusal(lambda: node.members("a", optional=("b",))) == reason


def test_an_object_is_no_array_and_a_number_is_no_string():
    node = parse(b'{"a": 5}')

    assert refusal(node.elements) == "The input: must be an array."
    assert refusal(node.members("a")["a"].text) == "a: must be a string."


@pytest.mark.parametrize("number", [b"0", b"7"])
def test_a_whole_number_may_be_the_least_or_the_most(number):
    assert parse(number).whole_number(least=0, most=7) == int(number)


@pytest.mark.parametrize("other", [b"-1", b"8", b"5.0", b"5e0", b"true", b'"5"', b"null", b"[]"])
def test_what_is_not_a_whole_number_in_range_is_refused(other):
    node = parse(other)

    reason = refusal(lambda: node.whole_number(least=0, most=7))

    assert reason == "The input: must be a whole number from 0 to 7."
