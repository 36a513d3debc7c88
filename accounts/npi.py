"""The National Provider Identifier: ten digits, of which the last is a check (45 CFR 162.406).

The check digit is that of Luhn, over the number with the prefix 80840 in front (CMS).
"""

PREFIX = "80840"
LENGTH = 10


def is_valid(npi: str) -> bool:
    if len(npi) != LENGTH or not (npi.isascii() and npi.isdecimal()):
        return False
    digits = [int(digit) for digit in reversed(PREFIX + npi)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
