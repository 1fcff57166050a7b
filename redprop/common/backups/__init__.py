"""One file that holds the whole portal: database and files, encrypted, without any key inside.

`cipher` writes and reads the sealed stream, `database` copies tables out of one snapshot and in again,
`archive` puts both and the files into a tar. The commands are in `redprop.core` (backup, restore).
"""
