"""Files for the tests of reading: workbooks of each format with what openpyxl and xlwt cannot write."""

import struct
import zipfile


def ole(**streams):
    """Return an OLE container with these streams."""
    chains, sectors, fat = {}, [], []
    for name, content in streams.items():
        content = content.ljust(4096, b"\0")
        count = -(-len(content) // 512)
        chains[name] = (len(sectors), len(content))
        fat += [*range(len(sectors) + 1, len(sectors) + count), 0xFFFFFFFE]
        sectors += [content[i * 512 : i * 512 + 512].ljust(512, b"\0") for i in range(count)]

    def entry(name, kind, start, size):
        wide = (name + "\0").encode("utf-16-le")
        head = wide.ljust(64, b"\0") + struct.pack("<HBB", len(wide), kind, 1) + b"\xff" * 12
        return head + bytes(36) + struct.pack("<III", start, size, 0)

    directory = entry("Root Entry", 5, 0xFFFFFFFE, 0)
    directory += b"".join(entry(name, 2, *place) for name, place in chains.items())
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    first_directory = len(sectors)
    count = len(directory) // 512
    sectors += [directory[i * 512 : i * 512 + 512] for i in range(count)]
    fat += [*range(first_directory + 1, first_directory + count), 0xFFFFFFFE]
    tables = -(-(len(fat) + len(fat) // 128 + 2) // 128)
    places = list(range(len(sectors), len(sectors) + tables))
    fat += [0xFFFFFFFD] * tables
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(tables * 512, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, tables, first_directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", *places, *[0xFFFFFFFF] * (109 - tables))
    return head + b"".join(sectors) + table


def rewritten(source, target, **parts):
    """Copy a ZIP file with some parts replaced: `name=bytes` or `name=function`, given as sheet1="…" by their ending."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            for ending, change in parts.items():
                if name.endswith(f"{ending}.xml"):
                    content = change(content) if callable(change) else change
            new.writestr(name, content)
    return target
