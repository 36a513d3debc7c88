"""The demo practice: believable people and sixteen weeks of their visits, around today.

Everything is made by the domain functions that users use; the rest is data in the TOML files here.
The same seed and the same `now` give the same people.
"""
