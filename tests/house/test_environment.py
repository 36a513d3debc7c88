import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_environment_lists_every_variable_that_settings_read():
    settings = (ROOT / "telehealth" / "settings.py").read_text()
    example = (ROOT / ".env.example").read_text()

    read = set(re.findall(r'\b(?:env\.\w+|secret)\(\s*"([A-Z_]+)"', settings))
    listed = set(re.findall(r"^([A-Z_]+)=", example, flags=re.MULTILINE))

    assert read - listed == set()
    assert "DJANGO_SECRET_KEY" in read
