"""The demo district: fictional people, enterprises and compounds in a real map, made from a seed number.

`load.load_demo` writes it, one module per subject; `names` holds the words, `writer` the bulk
writing, `world` what the modules share. Its totals are those of the programme as of 2026-09-30
and 2017-09-02, and `manage.py reconcile_totals` proves it.
"""
