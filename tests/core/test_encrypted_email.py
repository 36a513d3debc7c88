"""Addresses: unreadable in the database, and found all the same; in our models and in allauth's."""

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from accounts.models import Invitation, User
from core import keystore, reads, sealing
from tests.factories import NINE, NOW

ADDRESS = "alice.doe@example.com"
MODELS = [User, EmailAddress, Invitation]


@pytest.fixture
def kept(db, practice):
    """Her account, what allauth keeps of it, and an invitation of hers."""
    user = User.objects.create(email=ADDRESS)
    address = EmailAddress.objects.create(user=user, email=ADDRESS, verified=True, primary=True)
    return {User: user, EmailAddress: address, Invitation: invitation(practice, user)}


def invitation(practice, by, **fields):
    values = {
        "practice": practice, "email": ADDRESS, "role": "billing", "invited_by": by,
        "token_hash": "a", "invited_at": NOW, "expires_at": NINE,
    }  # fmt: skip
    return Invitation.objects.create(**values | fields)


def column(model):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT email FROM {model._meta.db_table} ORDER BY id")
        return [bytes(row[0]) for row in cursor.fetchall()]


@pytest.mark.parametrize("model", MODELS)
def test_it_reads_as_it_was_written_and_lies_sealed_under_a_key_of_its_person(kept, model):
    row = model.objects.get()
    whose = row.ref if model is Invitation else kept[User].ref

    assert row.email == ADDRESS
    assert b"alice" not in column(model)[0]
    assert sealing.owner_of(column(model)[0]) == whose


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "asked",
    [
        {"email": ADDRESS},
        {"email": "Alice.Doe@Example.com"},
        {"email__iexact": " ALICE.DOE@example.com"},
        {"email__in": ["nobody@example.com", ADDRESS]},
    ],
)
def test_it_is_found_by_the_whole_address_in_whatever_letters(kept, model, asked):
    assert model.objects.get(**asked) == kept[model]
    assert not model.objects.exclude(**asked).exists()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "words", ["alice.doe", "alice.doe@example.co", "", "bob@example.com", "a" * 300]
)
def test_it_is_found_by_nothing_else(kept, model, words):
    assert not model.objects.filter(email=words).exists()
    assert not model.objects.filter(email__in=[words]).exists()


def test_it_is_found_through_other_rows(kept):
    assert Invitation.objects.get(invited_by__email=ADDRESS) == kept[Invitation]
    assert EmailAddress.objects.get(user__email__in=[ADDRESS]) == kept[EmailAddress]


def test_that_there_is_none_can_be_asked(kept):
    assert not User.objects.filter(email=None).exists()
    assert User.objects.filter(email__isnull=False).exists()


@pytest.mark.parametrize(
    ("address", "lookalike"),
    [
        ("anna@strasse.example", "anna@straße.example"),
        ("\N{LATIN SMALL LETTER E WITH ACUTE}@a.example", "e\N{COMBINING ACUTE ACCENT}@a.example"),
        ("mia@a.example", "\N{FULLWIDTH LATIN SMALL LETTER M}ia@a.example"),
        ("i@a.example", "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}@a.example"),
    ],
)
def test_one_that_looks_alike_is_another(db, address, lookalike):
    """Else a code that was asked for there would open the account here."""
    User.objects.create(email=address)

    assert not User.objects.filter(email__iexact=lookalike).exists()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "query",
    [
        *(
            lambda rows, name=name: rows.filter(**{f"email__{name}": "alice"})
            for name in ("contains", "icontains", "startswith", "endswith", "regex", "gt", "lte")
        ),
        lambda rows: rows.filter(email__range=["a", "b"]),
        lambda rows: rows.filter(email__lower="alice"),
        lambda rows: rows.filter(email=F("email")),
        lambda rows: rows.filter(email__in=User.objects.values("email")),
        lambda rows: rows.filter(email__in=[b"alice"]),
        lambda rows: rows.order_by("email"),
    ],
)
def test_nothing_else_is_asked_of_it(kept, model, query):
    with pytest.raises(FieldError, match="is encrypted"):
        list(query(model.objects.all()))


@pytest.mark.parametrize("model", MODELS)
def test_it_is_set_on_its_row_alone(kept, model):
    with pytest.raises(TypeError, match="is encrypted"), transaction.atomic():
        model.objects.update(email="mallory@example.com")

    assert model.objects.get().email == ADDRESS


def test_one_address_is_one_account_whatever_its_letters(kept):
    with pytest.raises(IntegrityError, match="user_email_once"), transaction.atomic():
        User.objects.create(email=ADDRESS.upper())


def test_one_address_is_confirmed_by_one_account(kept):
    other = User.objects.create(email="other@example.com")
    unconfirmed = EmailAddress.objects.create(user=other, email=ADDRESS)

    unconfirmed.verified = True
    with pytest.raises(IntegrityError, match="unique_verified_email"), transaction.atomic():
        unconfirmed.save()


def test_an_account_has_an_address_once(kept):
    with pytest.raises(IntegrityError, match="unique_email_of_user"), transaction.atomic():
        EmailAddress.objects.create(user=kept[User], email=ADDRESS.title())


def test_an_address_is_invited_once_to_a_role(kept, practice):
    with pytest.raises(IntegrityError, match="invitation_open_once"), transaction.atomic():
        invitation(practice, kept[User], email=ADDRESS.upper(), token_hash="b")


def test_a_form_that_asks_before_saving_hears_that_it_is_taken(kept):
    with pytest.raises(ValidationError, match="user_email_once"):
        User(email=ADDRESS.upper(), password="x").validate_constraints()

    User(email="other@example.com", password="x").validate_constraints()


def test_whoever_has_none_is_found_by_none_and_does_not_stand_in_the_way(db):
    for _ in range(2):
        User.objects.create(email="")

    assert (column(User), {user.email for user in User.objects.all()}) == ([b"", b""], {""})
    assert not User.objects.filter(email="").exists()


def test_the_indexes_of_two_columns_do_not_tell_that_they_hold_the_same(kept):
    assert len({column(model)[0][sealing.INDEX] for model in MODELS}) == len(MODELS)


def test_it_is_sealed_anew_each_time_and_found_as_before(kept):
    before = column(User)
    kept[User].save()

    assert column(User) != before
    assert column(User)[0][sealing.INDEX] == before[0][sealing.INDEX]


def test_another_secret_finds_nothing(kept, settings):
    settings.BLIND_INDEX_SECRET = "another"

    assert not User.objects.filter(email=ADDRESS).exists()
    assert User.objects.get().email == ADDRESS


def test_without_its_key_nothing_opens_and_with_the_key_destroyed_there_is_none(kept, settings):
    ref, keys = kept[User].ref, settings.KEYS_DIR
    settings.KEYS_DIR = keys / "nowhere"
    with pytest.raises(keystore.NoKey):
        assert User.objects.get().email

    settings.KEYS_DIR = keys
    keystore.erase(ref)

    assert (User.objects.get().email, EmailAddress.objects.get().email) == ("", "")


def test_opening_it_is_no_read_of_a_record(kept):
    with reads.scope():
        assert User.objects.get().email == ADDRESS
        assert reads.take() == set()


@pytest.mark.parametrize("model", MODELS)
def test_more_than_an_address_can_have_is_not_kept(kept, model):
    kept[model].email = f"{'a' * 243}@example.com"

    with pytest.raises(ValueError, match="254 characters, not 255"), transaction.atomic():
        kept[model].save()


def test_an_envelope_that_was_cut_does_not_open(kept):
    for end in (0, 16, 17, 49, 61, 80):
        with pytest.raises(sealing.Tampered):
            sealing.unseal(
                column(User)[0][:end], place=User._meta.get_field("email").place(kept[User])
            )


@pytest.mark.parametrize(
    "asked", [{"email": ADDRESS}, {"email__iexact": ADDRESS}, {"email__in": [ADDRESS]}]
)
@pytest.mark.parametrize(
    ("model", "index"), [(User, "user_email_once"), (EmailAddress, "email_address_found")]
)
def test_the_database_finds_it_by_an_index(kept, model, index, asked):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    assert index in model.objects.filter(**asked).explain()
