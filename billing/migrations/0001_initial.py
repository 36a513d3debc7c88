import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models
from billing.triggers import ENTRY_IS_WHOLE
from core.db import append_only


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('appointments', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SimulatedAnswer',
            fields=[
                ('key', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('question', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField()),
                ('body', models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name='WebhookEvent',
            fields=[
                ('id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('type', models.CharField(max_length=60)),
                ('object_ref', models.CharField(max_length=64)),
                ('received_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='CardOnFile',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('customer_ref', models.CharField(max_length=64)),
                ('payment_method_ref', models.CharField(max_length=64)),
                ('brand', models.CharField(max_length=20)),
                ('last4', models.CharField(max_length=4)),
                ('expires_on', models.DateField()),
                ('saved_at', models.DateTimeField()),
                ('replaced_at', models.DateTimeField(null=True)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='accounts.patient')),
            ],
        ),
        migrations.CreateModel(
            name='Charge',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('status', models.CharField(choices=[('draft', 'To confirm'), ('confirmed', 'Confirmed')], default='draft', max_length=9)),
                ('cpt', models.CharField(blank=True, max_length=5)),
                ('modifier', models.CharField(max_length=2)),
                ('place_of_service', models.CharField(max_length=2)),
                ('minutes', models.PositiveSmallIntegerField()),
                ('amount_cents', models.PositiveIntegerField()),
                ('drafted_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('appointment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='charge', to='appointments.appointment')),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('charge', 'Visit charged'), ('payment', 'Card payment'), ('payout', 'Payout to the bank'), ('reversal', 'Correction')], max_length=8)),
                ('source_id', models.CharField(max_length=64)),
                ('lines_count', models.PositiveSmallIntegerField()),
                ('posted_at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reverses', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='billing.entry')),
            ],
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.CharField(choices=[('patient-receivable', 'Owed by patients'), ('stripe-balance', 'Stripe balance, not paid out yet'), ('bank', 'Bank'), ('revenue', 'Revenue from visits'), ('card-fees', 'Card fees')], max_length=24)),
                ('amount_cents', models.BigIntegerField()),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='billing.entry')),
                ('patient', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.patient')),
            ],
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('amount_cents', models.PositiveIntegerField()),
                ('status', models.CharField(choices=[('pending', 'In progress'), ('succeeded', 'Paid'), ('failed', 'Declined')], default='pending', max_length=9)),
                ('started_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('intent_ref', models.CharField(blank=True, max_length=64)),
                ('movement_ref', models.CharField(blank=True, max_length=64)),
                ('fee_cents', models.PositiveIntegerField(null=True)),
                ('available_on', models.DateField(null=True)),
                ('payout_ref', models.CharField(blank=True, max_length=64)),
                ('decline_code', models.CharField(blank=True, max_length=60)),
                ('card', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='billing.cardonfile')),
                ('charge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='billing.charge')),
            ],
        ),
        migrations.CreateModel(
            name='SimulatedObject',
            fields=[
                ('id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('object', models.CharField(max_length=30)),
                ('body', models.JSONField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['object', 'created_at'], name='simulated_by_kind')],
            },
        ),
        migrations.AddConstraint(
            model_name='cardonfile',
            constraint=models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('patient',), name='card_one_in_use'),
        ),
        migrations.AddConstraint(
            model_name='cardonfile',
            constraint=models.UniqueConstraint(fields=('payment_method_ref',), name='card_once'),
        ),
        migrations.AddConstraint(
            model_name='cardonfile',
            constraint=models.CheckConstraint(condition=models.Q(('last4__regex', '^\\d{4}$')), name='card_last4_digits'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None), ('status', 'draft')), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), ('status', 'confirmed')), _connector='OR'), name='charge_confirmed_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('place_of_service__in', ['10', '02'])), name='charge_place_known'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('modifier__in', ['95', '93'])), name='charge_modifier_known'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents', 0), models.Q(('cpt', ''), _negated=True), _connector='OR'), name='charge_amount_needs_code'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['-posted_at', '-id'], name='entry_newest_first'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('kind', 'source_id'), name='entry_once_a_source'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'reversal'), ('reverses__isnull', False)), models.Q(models.Q(('kind', 'reversal'), _negated=True), ('reverses', None)), _connector='OR'), name='entry_reversal_of_something'),
        ),
        migrations.AddIndex(
            model_name='line',
            index=models.Index(fields=['account'], name='line_by_account'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents', 0), _negated=True), name='line_not_zero'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=models.CheckConstraint(condition=models.Q(('account__in', ['patient-receivable', 'stripe-balance', 'bank', 'revenue', 'card-fees'])), name='line_account_known'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['pending', 'succeeded'])), fields=('charge',), name='payment_one_open_or_paid'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('status', 'pending')), models.Q(models.Q(('status', 'pending'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='payment_settled_at_unless_pending'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'succeeded'), _negated=True), models.Q(('available_on__isnull', False), ('fee_cents__isnull', False), models.Q(('intent_ref', ''), _negated=True), models.Q(('movement_ref', ''), _negated=True)), _connector='OR'), name='payment_succeeded_with_fee'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('movement_ref', ''), _negated=True), fields=('movement_ref',), name='payment_moved_once'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('fee_cents', None), ('fee_cents__lte', models.F('amount_cents')), _connector='OR'), name='payment_fee_within_amount'),
        ),
        append_only('billing_entry'),
        append_only('billing_line'),
        ENTRY_IS_WHOLE,
    ]
