"""A patient's record as a copy: to read, and for other systems (45 CFR 164.524, GDPR 15 and 20)."""
