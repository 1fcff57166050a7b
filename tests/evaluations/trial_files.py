"""A rubric of twenty marks from 1 to 5 and tables of marks, as somebody types them into a workbook."""

import openpyxl
from django.utils import translation
from django.utils.html import escape

CODES = [f"M{number:02}" for number in range(1, 21)]
BANDS = ((90, "A", "优秀"), (80, "B", "良好"), (60, "C", "合格"), (0, "D", "不合格"))


def rubric_book(path, *, version="2026", low=0, **more):
    """Twenty items of 5 points, total 100, whole points HALF_UP, empty marks leave the denominator."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "评分标准"
    main = {
        "标准代码": "ZHZL",
        "版本": version,
        "标准名称": "小区综合治理评分标准",
        "文号": "示例〔2026〕7号",
        "施行日期": "2026-10-01",
        "总分": 100,
        "保留到": 1,
        "取整方式": "四舍五入",
        **more,
    }
    sheet.append(list(main))
    sheet.append(list(main.values()))
    items = book.create_sheet("考评指标")
    items.append(
        [
            "标准代码",
            "版本",
            "指标代码",
            "指标名称",
            "分值",
            "取值来源",
            "计分方式",
            "量表最低",
            "量表最高",
            "缺项处理",
        ]
    )
    for code in CODES:
        items.append(["ZHZL", version, code, f"第{code[1:]}项", 5, "人工评分", "平均分", low, 5, "不计入"])
    bands = book.create_sheet("等次")
    bands.append(["标准代码", "版本", "总分下限（含）", "等次代码", "等次名称"])
    for band in BANDS:
        bands.append(["ZHZL", version, *band])
    book.save(path)
    return path


def marks_book(path, rows, headers=("小区", *CODES)):
    """A table of marks: (subject, marks…)."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("打分")
    sheet.append(list(headers))
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def on_page(msgid, **values):
    """The sentence as a page of the portal shows it: in Chinese, where there is a translation."""
    with translation.override("zh-hans"):
        return escape(translation.gettext(msgid) % values if values else translation.gettext(msgid))


def lines(path):
    """The filled cells of a workbook's first sheet."""
    return [list(row) for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)]
