import pytest
from django.core.management import CommandError, call_command

from core import states


def test_arrows_lead_from_the_start_to_the_ends():
    assert states.arrows(["red", "green", "off"], {"red": {"green"}, "green": {"off"}}) == [
        "[*] --> red",
        "red --> green",
        "green --> off",
        "off --> [*]",
    ]


def test_the_pictures_in_docs_are_up_to_date():
    call_command("states", check=True)


def test_a_picture_is_drawn_and_then_up_to_date(tmp_path):
    call_command("states", folder=tmp_path)

    call_command("states", check=True, folder=tmp_path)
    assert "    held --> booked\n" in (tmp_path / "appointment.md").read_text()


def test_a_picture_that_no_longer_holds_fails_the_check(tmp_path):
    call_command("states", folder=tmp_path)
    picture = tmp_path / "appointment.md"
    picture.write_text(picture.read_text().replace("held --> booked", "held --> cancelled"))

    with pytest.raises(CommandError, match=r"not up to date are appointment\.md\.") as failure:
        call_command("states", check=True, folder=tmp_path)
    assert failure.value.returncode == 1


def test_a_picture_of_a_model_that_is_gone_is_removed(tmp_path):
    (tmp_path / "ghost.md").write_text("boo")

    call_command("states", folder=tmp_path)

    assert not (tmp_path / "ghost.md").exists()
