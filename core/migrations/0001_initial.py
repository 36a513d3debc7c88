import uuid
from django.db import migrations, models
from core import triggers
from core.db import cache_table


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='AuditHead',
            fields=[
                ('chain', models.BigIntegerField(primary_key=True, serialize=False)),
                ('number', models.BigIntegerField()),
                ('hash', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('beaten_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('action', models.CharField(max_length=60)),
                ('by_id', models.BigIntegerField(null=True)),
                ('on_behalf_of_id', models.BigIntegerField(null=True)),
                ('role', models.CharField(blank=True, max_length=20)),
                ('reason', models.CharField(blank=True, max_length=60)),
                ('purpose', models.CharField(blank=True, max_length=20)),
                ('request_id', models.CharField(blank=True, max_length=32)),
                ('patient_id', models.BigIntegerField(null=True)),
                ('subject_type', models.CharField(max_length=60)),
                ('subject_id', models.CharField(max_length=40)),
                ('chain', models.BigIntegerField(default=0, editable=False)),
                ('number', models.BigIntegerField(default=0, editable=False)),
                ('previous', models.CharField(default='', editable=False, max_length=64)),
                ('hash', models.CharField(default='', editable=False, max_length=64)),
            ],
            options={
                'indexes': [models.Index(fields=['patient_id', 'at'], name='audit_by_patient'), models.Index(fields=['by_id', 'at'], name='audit_by_person'), models.Index(fields=['at'], name='audit_by_time')],
                'constraints': [models.UniqueConstraint(fields=('chain', 'number'), name='audit_number_once'), models.CheckConstraint(condition=models.Q(('action__regex', '^[a-z0-9.-]*$'), ('role__regex', '^[a-z0-9.-]*$'), ('reason__regex', '^[a-z0-9.-]*$'), ('purpose__regex', '^[a-z0-9.-]*$')), name='audit_codes_only')],
            },
        ),
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=200)),
                ('payload', models.JSONField(default=dict)),
                ('due_at', models.DateTimeField()),
                ('attempts_count', models.PositiveSmallIntegerField(default=0)),
                ('done_at', models.DateTimeField(null=True)),
                ('dead_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('dead_at', None), ('done_at', None)), fields=['due_at'], name='duty_open')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'key'), name='duty_once'), models.CheckConstraint(condition=models.Q(('done_at', None), ('dead_at', None), _connector='OR'), name='duty_done_or_dead_not_both')],
            },
        ),
        triggers.AUDIT_IS_CHAINED,
        cache_table("core_cache"),
    ]
