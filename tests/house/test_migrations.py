from django.core.management import call_command


def test_the_models_and_the_migrations_agree(db, capsys):
    call_command("makemigrations", check_changes=True, dry_run=True)

    assert capsys.readouterr().out == "No changes detected\n"
