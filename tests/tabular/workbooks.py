"""Files for the tests of reading: workbooks of each format with what openpyxl and xlwt cannot write."""

import struct
import zipfile
from datetime import date
from xml.sax.saxutils import escape

from redprop.common.tabular import headers, kinds, reading
from redprop.common.tabular.declare import Column, Register

THINGS = Register(
    name="things",
    title="Things",
    model=object,
    key=("code",),
    rows=lambda context: None,
    columns=(
        Column("code", "编码", kinds.Code(), required=True),
        Column("name", "名称", kinds.Name(), required=True),
        Column("street", "街道", kinds.Text()),
        Column("households", "户数", kinds.Integer(units=("户",))),
        Column("built", "建成年份", kinds.Year()),
        Column("contact", "联系人姓名", kinds.Text()),
        Column("on", "日期", kinds.Date()),
        Column("share", "绿化率", kinds.Share()),
    ),
)


def read(path, sheet=None):
    """Read all there is, as an import does; return the number of rows."""
    layout = headers.find_layout(THINGS, reading.open_sheets(path, sheet), {})
    return sum(1 for _row in headers.data_rows(layout))


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


_SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
    for prefix in ("office", "table", "text", "style")
)


def _ods_cell(value):
    if value is None:
        return "<table:table-cell/>"
    span, text = "", value
    if isinstance(value, tuple):
        text, span = value[0], f' table:number-rows-spanned="{value[1]}" table:number-columns-spanned="1"'
    if isinstance(text, bool):
        kind, stored = "boolean", f'office:boolean-value="{str(text).lower()}"'
    elif isinstance(text, int | float):
        kind, stored = "float", f'office:value="{text}"'
    elif isinstance(text, date):
        kind, stored = "date", f'office:date-value="{text.isoformat()}"'
    else:
        kind, stored = "string", ""
    return (
        f'<table:table-cell office:value-type="{kind}" {stored}{span}>'
        f"<text:p>{escape(str(text))}</text:p></table:table-cell>"
    )


def ods(path, sheets, hidden=(), padding=0):
    """Write an .ods; a cell (text, n) reaches down over n rows; `padding` empty rows end each sheet."""
    tables = []
    for name, rows in sheets.items():
        body = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        if padding:
            body += (
                f'<table:table-row table:number-rows-repeated="{padding}">'
                '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
            )
        style = "hid" if name in hidden else "vis"
        tables.append(f'<table:table table:name="{name}" table:style-name="{style}">{body}</table:table>')
    styles = "".join(
        f'<style:style style:name="{name}" style:family="table"><style:table-properties table:display="{shown}"/></style:style>'
        for name, shown in (("hid", "false"), ("vis", "true"))
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_SPACES} office:version="1.2">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("content.xml", content)
        file.writestr("META-INF/manifest.xml", manifest)
    return path
