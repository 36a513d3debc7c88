import io

from telehealth.demo.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_one_line_on_a_terminal():
    out = Terminal()

    for done in (1, 2):
        Progress(out).show("Patients", done, 2)

    assert out.getvalue() == "\r\x1b[KPatients 1/2 …\r\x1b[KPatients 2/2\n"


def test_progress_is_a_few_lines_in_a_log():
    out = io.StringIO()

    for done in range(1, 151):
        Progress(out).show("Patients", done, 150)

    assert out.getvalue().splitlines() == [f"Patients {n}/150" for n in (30, 60, 90, 120, 150)]
