import accounts.phones
import core.blind_index
import core.fields
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import uuid
from django.conf import settings
from django.db import migrations, models
from core import db


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Practice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('phone', models.CharField(max_length=20)),
                ('zone', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('email', models.EmailField(max_length=254)),
                ('is_active', models.BooleanField(default=True)),
                ('date_joined', models.DateTimeField(auto_now_add=True)),
                ('sessions_epoch', models.PositiveIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_once')],
            },
        ),
        migrations.CreateModel(
            name='Patient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('legal_name', core.fields.EncryptedText(max_length=120, owner='self')),
                ('preferred_name', core.fields.EncryptedText(blank=True, max_length=120, owner='self')),
                ('date_of_birth', core.fields.EncryptedDate(owner='self')),
                ('phone', core.fields.EncryptedText(max_length=20, owner='self')),
                ('phone_index', core.blind_index.BlindIndex(normal=accounts.phones.e164, of='phone')),
                ('state', models.CharField(choices=[('AL', 'Alabama'), ('AK', 'Alaska'), ('AZ', 'Arizona'), ('AR', 'Arkansas'), ('CA', 'California'), ('CO', 'Colorado'), ('CT', 'Connecticut'), ('DE', 'Delaware'), ('DC', 'District of Columbia'), ('FL', 'Florida'), ('GA', 'Georgia'), ('HI', 'Hawaii'), ('ID', 'Idaho'), ('IL', 'Illinois'), ('IN', 'Indiana'), ('IA', 'Iowa'), ('KS', 'Kansas'), ('KY', 'Kentucky'), ('LA', 'Louisiana'), ('ME', 'Maine'), ('MD', 'Maryland'), ('MA', 'Massachusetts'), ('MI', 'Michigan'), ('MN', 'Minnesota'), ('MS', 'Mississippi'), ('MO', 'Missouri'), ('MT', 'Montana'), ('NE', 'Nebraska'), ('NV', 'Nevada'), ('NH', 'New Hampshire'), ('NJ', 'New Jersey'), ('NM', 'New Mexico'), ('NY', 'New York'), ('NC', 'North Carolina'), ('ND', 'North Dakota'), ('OH', 'Ohio'), ('OK', 'Oklahoma'), ('OR', 'Oregon'), ('PA', 'Pennsylvania'), ('RI', 'Rhode Island'), ('SC', 'South Carolina'), ('SD', 'South Dakota'), ('TN', 'Tennessee'), ('TX', 'Texas'), ('UT', 'Utah'), ('VT', 'Vermont'), ('VA', 'Virginia'), ('WA', 'Washington'), ('WV', 'West Virginia'), ('WI', 'Wisconsin'), ('WY', 'Wyoming')], max_length=2)),
                ('zone', models.CharField(max_length=64)),
                ('emergency_name', core.fields.EncryptedText(max_length=120, owner='self')),
                ('emergency_relation', core.fields.EncryptedText(max_length=60, owner='self')),
                ('emergency_phone', core.fields.EncryptedText(max_length=20, owner='self')),
                ('guardian_name', core.fields.EncryptedText(blank=True, max_length=120, owner='self')),
                ('guardian_relation', core.fields.EncryptedText(blank=True, max_length=60, owner='self')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='patient', to=settings.AUTH_USER_MODEL)),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='patients', to='accounts.practice')),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('provider', 'Therapist'), ('supervisor', 'Supervisor'), ('billing', 'Billing staff'), ('front-desk', 'Front desk'), ('practice-admin', 'Practice admin'), ('privacy-officer', 'Privacy officer')], max_length=20)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.practice')),
            ],
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('role', models.CharField(choices=[('provider', 'Therapist'), ('supervisor', 'Supervisor'), ('billing', 'Billing staff'), ('front-desk', 'Front desk'), ('practice-admin', 'Practice admin'), ('privacy-officer', 'Privacy officer')], max_length=20)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('invited_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('accepted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations_sent', to=settings.AUTH_USER_MODEL)),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='accounts.practice')),
            ],
        ),
        migrations.CreateModel(
            name='Provider',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('credentials', models.CharField(max_length=40)),
                ('profession', models.CharField(max_length=60)),
                ('pronouns', models.CharField(blank=True, max_length=40)),
                ('npi', models.CharField(max_length=10)),
                ('approach', models.TextField()),
                ('concerns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('anxiety', 'Anxiety and worry'), ('depression', 'Low mood and depression'), ('trauma', 'Trauma and PTSD'), ('grief', 'Grief and loss'), ('sleep', 'Trouble sleeping'), ('relationships', 'Relationships and couples'), ('family', 'Family and parenting'), ('ocd', 'Obsessive thoughts and OCD'), ('substance-use', 'Alcohol and drugs'), ('eating', 'Eating and body image'), ('adhd', 'Attention and ADHD'), ('identity', 'Identity and belonging'), ('work', 'Work and burnout'), ('teens', 'Teenagers')], max_length=30), size=None)),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('en', 'English'), ('es', 'Spanish'), ('zh', 'Chinese'), ('vi', 'Vietnamese'), ('ar', 'Arabic'), ('fr', 'French'), ('hi', 'Hindi'), ('pt', 'Portuguese'), ('ko', 'Korean'), ('ig', 'Igbo'), ('ase', 'American Sign Language')], max_length=8), size=None)),
                ('payers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), default=list, size=None)),
                ('zone', models.CharField(max_length=64)),
                ('fee_cents', models.PositiveIntegerField()),
                ('sliding_fee_cents', models.PositiveIntegerField(null=True)),
                ('is_accepting', models.BooleanField(default=True)),
                ('verified_on', models.DateField()),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='providers', to='accounts.practice')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='provider', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Licence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('AL', 'Alabama'), ('AK', 'Alaska'), ('AZ', 'Arizona'), ('AR', 'Arkansas'), ('CA', 'California'), ('CO', 'Colorado'), ('CT', 'Connecticut'), ('DE', 'Delaware'), ('DC', 'District of Columbia'), ('FL', 'Florida'), ('GA', 'Georgia'), ('HI', 'Hawaii'), ('ID', 'Idaho'), ('IL', 'Illinois'), ('IN', 'Indiana'), ('IA', 'Iowa'), ('KS', 'Kansas'), ('KY', 'Kentucky'), ('LA', 'Louisiana'), ('ME', 'Maine'), ('MD', 'Maryland'), ('MA', 'Massachusetts'), ('MI', 'Michigan'), ('MN', 'Minnesota'), ('MS', 'Mississippi'), ('MO', 'Missouri'), ('MT', 'Montana'), ('NE', 'Nebraska'), ('NV', 'Nevada'), ('NH', 'New Hampshire'), ('NJ', 'New Jersey'), ('NM', 'New Mexico'), ('NY', 'New York'), ('NC', 'North Carolina'), ('ND', 'North Dakota'), ('OH', 'Ohio'), ('OK', 'Oklahoma'), ('OR', 'Oregon'), ('PA', 'Pennsylvania'), ('RI', 'Rhode Island'), ('SC', 'South Carolina'), ('SD', 'South Dakota'), ('TN', 'Tennessee'), ('TX', 'Texas'), ('UT', 'Utah'), ('VT', 'Vermont'), ('VA', 'Virginia'), ('WA', 'Washington'), ('WV', 'West Virginia'), ('WI', 'Wisconsin'), ('WY', 'Wyoming')], max_length=2)),
                ('compact', models.CharField(blank=True, max_length=20)),
                ('number', models.CharField(max_length=40)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField()),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='licences', to='accounts.provider')),
            ],
        ),
        migrations.CreateModel(
            name='LegalHold',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reason', core.fields.EncryptedText(max_length=500, owner='patient')),
                ('placed_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('placed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='legal_holds', to='accounts.patient')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(django.db.models.lookups.GreaterThan(core.fields.SealedBytes(models.F('reason')), 0)), name='legal_hold_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('lifted_at', None), ('lifted_by', None)), models.Q(('lifted_at__isnull', False), ('lifted_by__isnull', False)), _connector='OR'), name='legal_hold_lifted_by_someone'), models.UniqueConstraint(condition=models.Q(('lifted_at', None)), fields=('patient',), name='legal_hold_one_open')],
            },
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('request', 'The patient asked for it'), ('retention', 'It was kept for as long as it had to be'), ('order', 'A court or an authority ordered it')], max_length=9)),
                ('erased_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='erasure', to='accounts.patient')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__in', ['request', 'retention', 'order'])), name='erasure_reason_known')],
            },
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['phone_index'], name='patient_by_phone'),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(django.db.models.lookups.GreaterThan(core.fields.SealedBytes(models.F('guardian_name')), 0), django.db.models.lookups.GreaterThan(core.fields.SealedBytes(models.F('guardian_relation')), 0)), models.Q(models.Q(django.db.models.lookups.GreaterThan(core.fields.SealedBytes(models.F('guardian_name')), 0), _negated=True), models.Q(django.db.models.lookups.GreaterThan(core.fields.SealedBytes(models.F('guardian_relation')), 0), _negated=True)), _connector='OR'), name='patient_guardian_named_whole'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('user', 'practice', 'role'), name='membership_once'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['provider', 'supervisor', 'billing', 'front-desk', 'practice-admin', 'privacy-officer'])), name='membership_role_known'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['provider', 'supervisor', 'billing', 'front-desk', 'practice-admin', 'privacy-officer'])), name='invitation_role_known'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('invited_at'))), name='invitation_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accepted_at', None), ('accepted_by', None)), models.Q(('accepted_at__isnull', False), ('accepted_by__isnull', False), ('withdrawn_at', None)), _connector='OR'), name='invitation_accepted_whole'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), models.F('practice'), models.F('role'), condition=models.Q(('accepted_at', None), ('withdrawn_at', None)), name='invitation_open_once'),
        ),
        migrations.AddConstraint(
            model_name='provider',
            constraint=models.CheckConstraint(condition=models.Q(('sliding_fee_cents', None), ('sliding_fee_cents__lt', models.F('fee_cents')), _connector='OR'), name='provider_sliding_fee_below_fee'),
        ),
        migrations.AddConstraint(
            model_name='provider',
            constraint=models.CheckConstraint(condition=models.Q(('npi__regex', '^\\d{10}$')), name='provider_npi_digits'),
        ),
        migrations.AddConstraint(
            model_name='licence',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__gte', models.F('valid_from'))), name='licence_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='licence',
            constraint=models.UniqueConstraint(fields=('provider', 'state', 'compact', 'valid_from'), name='licence_once'),
        ),
        db.append_only("accounts_erasure"),
    ]
