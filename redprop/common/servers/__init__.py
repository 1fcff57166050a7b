"""The servers of a checkout: a PostgreSQL and a Valkey of its own, for demo, tests and development.

`where` knows the places and the state, `postgres` and `valkey` one server each, `run` shares
them between the commands of a checkout. Nothing here imports Django or reads its settings.
"""
