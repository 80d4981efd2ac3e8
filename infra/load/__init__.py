"""Seeded load: populations of accounts and the events of the five formats, for demo, bench, tests.

`plan.py` says what is wanted, `population.py` who is charged, `messages.py` yields the messages of
a plan in order; the other files render one format each. The same plan yields the same bytes.
"""
