import core.db
import core.fields
import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.lookups
import uuid
from django.conf import settings
from django.db import migrations, models
from core import db


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('appointments', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
        migrations.CreateModel(
            name='SupervisionAgreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('supervisor_signed_at', models.DateTimeField()),
                ('signed_at', models.DateTimeField(null=True)),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supervision_agreements', to='accounts.practice')),
                ('supervisee', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supervised_by', to=settings.AUTH_USER_MODEL)),
                ('supervisor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supervises', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(core.db.IdRange('supervisor'), '&&'), (core.db.IdRange('supervisee'), '&&'), (core.db.TimeRange('starts_at', 'ends_at'), '&&')], name='supervision_once'), models.CheckConstraint(condition=models.Q(('supervisor', models.F('supervisee')), _negated=True), name='supervision_of_another'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='supervision_ends_after_start'), models.CheckConstraint(condition=models.Q(('signed_at', None), ('signed_at__gte', models.F('supervisor_signed_at')), _connector='OR'), name='supervision_supervisor_signs_first')],
            },
        ),
        db.append_only("care_consent"),
        db.sealed_by("care_progressnote", "signed_at"),
    ]
