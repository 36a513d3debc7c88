import core.fields
import django.db.models.deletion
import django.db.models.lookups
import uuid
from django.db import migrations, models
from core import db


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('appointments', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Encounter',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('opened_at', models.DateTimeField()),
                ('appointment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='encounter', to='appointments.appointment')),
            ],
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('telehealth', 'Telehealth consent'), ('cancellation-policy', 'Cancellation policy')], max_length=24)),
                ('version', models.CharField(max_length=10)),
                ('sha256', models.CharField(max_length=64)),
                ('signed_name', core.fields.EncryptedText(max_length=120, owner='patient')),
                ('signed_at', models.DateTimeField()),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='accounts.patient')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('patient', 'kind', 'version'), name='consent_once'), models.CheckConstraint(condition=models.Q(django.db.models.lookups.GreaterThan(core.fields.SealedBytes(models.F('signed_name')), 0)), name='consent_has_name'), models.CheckConstraint(condition=models.Q(('kind__in', ['telehealth', 'cancellation-policy'])), name='consent_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='ProgressNote',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('body', core.fields.EncryptedText(blank=True, owner='encounter.appointment.patient')),
                ('saved_at', models.DateTimeField()),
                ('revision', models.PositiveIntegerField(default=0)),
                ('signed_at', models.DateTimeField(null=True)),
                ('sha256', core.fields.EncryptedText(blank=True, max_length=64, owner='encounter.appointment.patient')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='accounts.provider')),
                ('encounter', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='note', to='care.encounter')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('signed_at', None), models.Q(django.db.models.lookups.GreaterThan(core.fields.SealedBytes(models.F('sha256')), 0), _negated=True)), models.Q(('signed_at__isnull', False), django.db.models.lookups.GreaterThan(core.fields.SealedBytes(models.F('sha256')), 0), django.db.models.lookups.GreaterThan(core.fields.SealedBytes(models.F('body')), 0)), _connector='OR'), name='note_signed_with_hash_and_words')],
            },
        ),
        db.append_only("care_consent"),
        db.sealed_by("care_progressnote", "signed_at"),
    ]
