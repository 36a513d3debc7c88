"""Benchmarks are commands; what they measure beside is asked in its own words."""

import json

import pytest
from django.core.management import CommandError, call_command

from bench import peers, slots


@pytest.fixture
def small(monkeypatch):
    """One provider in place of a thousand: what is tested is the command."""
    whole = slots.workload

    def few(*, providers, days):
        return whole(providers=min(providers, 8), days=days)

    monkeypatch.setattr(slots, "workload", few)


def test_a_benchmark_prints_one_document(small, capsys, monkeypatch):
    monkeypatch.setattr(peers, "is_installed", lambda _name: False)

    call_command("bench", "slots", "--json")

    told = json.loads(capsys.readouterr().out)
    assert told["w1_slots"] == 284
    assert told["w1_ms"] > 0
    assert "peer_ratio" not in told


def test_without_json_it_prints_a_line_for_each_figure(small, capsys, monkeypatch):
    monkeypatch.setattr(peers, "is_installed", lambda _name: False)

    call_command("bench", "slots")

    assert "w1_slots: 284\n" in capsys.readouterr().out


@pytest.mark.skipif(not peers.is_installed(slots.PEER), reason="make peers")
def test_the_peer_finds_the_same_slots(small):
    told = slots.beside_peer(slots.workload(providers=1, days=7), 0.1)

    assert told["peer_same_slots"] is True


def test_a_benchmark_that_is_none_is_refused():
    with pytest.raises(CommandError, match="invalid choice: 'x'"):
        call_command("bench", "x")
