"""What billing does when something has happened below."""
