"""The import and export engine for registers: declarations in, validated plans and files out.

`declare` says what a register is, `engine.validate` what a file would change, `writing` makes exports
and templates, `bulk` writes sets of rows. Recording a batch is the business of `redprop.core`.
"""
