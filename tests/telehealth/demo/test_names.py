from random import Random

from telehealth.demo import names


def passes_luhn(digits):
    doubled = [sum(divmod(int(digit) * 2, 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def test_the_luhn_of_these_tests_knows_right_from_wrong():
    assert [passes_luhn("80840" + npi) for npi in ("1234567893", "1234567890")] == [True, False]


def test_npis_pass_luhn():
    assert [n for n in range(500) if not passes_luhn("80840" + names.npi(n))] == []


def test_namesakes_get_addresses_of_their_own():
    drawn = names.Names(Random(1))

    mailboxes = [drawn.mailbox("Lucía Soo-ah"), drawn.mailbox("Lucia Soo-ah")]

    assert mailboxes == ["lucia.soo-ah", "lucia.soo-ah.2"]
