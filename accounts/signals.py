"""Past-tense facts that upper floors may hear. Listed in docs/architecture.md."""

from django.dispatch import Signal

contact_changed = Signal()  # patient, now
patient_erased = Signal()  # patient, by, now
licences_changed = Signal()  # provider, now
