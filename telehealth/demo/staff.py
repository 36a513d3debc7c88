"""The practice, and those who work in it without treating."""

from accounts.models import Membership, Practice
from telehealth.demo import data
from telehealth.demo.accounts import make_user
from telehealth.demo.names import Names


def make_practice() -> Practice:
    sheet = data.read("practice")
    return Practice.objects.create(name=sheet["name"], phone=sheet["phone"], zone=sheet["zone"])


def make_staff(practice: Practice, names: Names) -> None:
    """The first of each role has the address that the sign-in page shows."""
    for group in data.read("practice")["staff"]:
        for index, name in enumerate(group["names"]):
            mailbox = names.mailbox(name) if index else group["mailbox"]
            Membership.objects.create(
                user=make_user(mailbox), practice=practice, role=group["role"]
            )
