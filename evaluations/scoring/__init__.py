"""Scoring as pure functions on dataclasses: no ORM, no clock, no settings.

`evaluate` turns a rubric, subjects and values into cards and list places; closing a period and
checking a published bundle (`python -m evaluations.scoring OUT.zip`) run this same code.
The rules with worked examples stand in `docs/scoring.md`.
"""
