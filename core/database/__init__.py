"""Django's PostgreSQL, which is told before each statement whose rows it may touch."""
