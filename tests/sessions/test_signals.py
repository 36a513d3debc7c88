import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions import signals

OFFER = {"v": 1, "t": "desc", "epoch": 1, "seq": 1, "call": "a1", "type": "offer", "sdp": "v=0"}
PING = {"v": 1, "t": "ping", "epoch": 3, "seq": 9}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
near_frames = st.fixed_dictionaries(
    {"v": st.just(1) | json_values, "t": st.sampled_from(sorted(signals.FIELDS)) | json_values},
    optional={
        name: json_values | st.just("a1") | st.integers(0, 9) | st.booleans()
        for name in sorted({"epoch", "seq", *(n for f in signals.FIELDS.values() for n in f)})
    },
)
roles = st.sampled_from([signals.PATIENT, signals.PROVIDER])


def parse(frame, role=signals.PROVIDER):
    return signals.parse(json.dumps(frame), role=role)


def test_parse_reads_a_frame():
    assert parse(OFFER) == signals.Frame(
        "desc", 1, 1, {"call": "a1", "type": "offer", "sdp": "v=0"}
    )


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"t": "shout"},
        {"t": ["desc"]},
        {"t": "admit"},
        {"epoch": -1},
        {"epoch": "1"},
        {"seq": True},
        {"seq": 2**31},
        {"call": "A B"},
        {"call": "x" * 41},
        {"type": "pranswer"},
        {"type": ["offer"]},
        {"sdp": None},
        {"more": 1},
    ],
)
def test_parse_refuses_what_our_pages_do_not_send(change):
    with pytest.raises(signals.BadFrame):
        parse(OFFER | change)


@pytest.mark.parametrize("word", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, 7, None])
@pytest.mark.parametrize(("kind", "name"), [("commit", "hash"), ("reveal", "number")])
def test_parse_takes_256_bits_and_nothing_else(kind, name, word):
    frame = PING | {"t": kind, "call": "a1"}

    assert parse(frame | {name: "0f" * 32}).body == {"call": "a1", name: "0f" * 32}
    with pytest.raises(signals.BadFrame, match="values"):
        parse(frame | {name: word})


@pytest.mark.parametrize("name", OFFER)
def test_parse_refuses_a_frame_with_a_part_missing(name):
    with pytest.raises(signals.BadFrame):
        parse({key: value for key, value in OFFER.items() if key != name})


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("admit", "patient"),
        ("end", "patient"),
        ("commit", "patient"),
        ("knock", "provider"),
        ("prepare", "provider"),
    ],
)
def test_parse_refuses_the_other_roles_deeds(kind, role):
    with pytest.raises(signals.BadFrame, match="kind"):
        parse(PING | {"t": kind}, role=role)


def test_parse_refuses_a_frame_over_64_kib_in_bytes():
    head = len(json.dumps(OFFER | {"sdp": ""}))
    fits = json.dumps(OFFER | {"sdp": "x" * (65536 - head)})
    wide = json.dumps(OFFER | {"sdp": "é" * (65536 - head)}, ensure_ascii=False)

    assert signals.parse(fits, role="provider").kind == "desc"
    for text in (fits + " ", wide):
        with pytest.raises(signals.FrameTooLarge):
            signals.parse(text, role="provider")


@pytest.mark.parametrize(
    "text", [None, "", "null", "[]", "7", "{", "[" * 60000, '{"v": NaN}', "\ud800", "1" * 5000]
)
def test_parse_refuses_what_is_not_an_object(text):
    with pytest.raises(signals.BadFrame):
        signals.parse(text, role="patient")


@given(st.text() | json_values.map(json.dumps) | near_frames.map(json.dumps), roles)
def test_parse_never_raises_anything_but_bad_frame(text, role):
    try:
        frame = signals.parse(text, role=role)
    except signals.BadFrame:
        return

    assert frame.kind in signals.KINDS[role]
    assert frame.body.keys() == signals.FIELDS[frame.kind].keys()


def test_every_kind_has_its_fields_and_its_roles():
    assert signals.KINDS["patient"] | signals.KINDS["provider"] == signals.FIELDS.keys()
    assert signals.TIMES.keys() | signals.RELAYED <= signals.FIELDS.keys()


def test_before_the_knock_nothing_is_relayed():
    timely = {
        kind
        for kind in signals.FIELDS
        if signals.is_timely(kind, status="scheduled", is_other_present=True)
    }

    assert timely == {"knock", "end", "leave", "ping", "ice"}


def test_in_the_lobby_the_connection_is_prepared_but_nothing_is_shown():
    timely = {
        kind
        for kind in signals.RELAYED
        if signals.is_timely(kind, status="waiting", is_other_present=True)
    }

    assert timely == {"prepare", "desc", "cand", "commit", "reveal", "differ"}


@given(st.sampled_from(["waiting", "admitted", "live"]), st.sampled_from(sorted(signals.RELAYED)))
def test_nothing_is_relayed_to_an_empty_seat(status, kind):
    assert not signals.is_timely(kind, status=status, is_other_present=False)


def test_an_ended_room_hears_nothing():
    assert not any(
        signals.is_timely(kind, status="ended", is_other_present=True) for kind in signals.FIELDS
    )
