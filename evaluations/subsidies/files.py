"""The two files of an exported batch: the roster (补贴清册) as .xlsx and the bank file as .csv.

Their words are Chinese literals: they look like the paper they replace, whatever the interface speaks.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, Side

from evaluations.models import (
    BankOrder,
    Entitlement,
    PaymentLine,
    SubsidyBatch,
    SubsidyExport,
    SubsidyRate,
    SubsidyRule,
    SubsidySlice,
)
from evaluations.subsidies.selectors import approved_lines
from redprop.common.identifiers import mask_account
from redprop.common.periods import Period
from redprop.common.secrets import unseal
from redprop.common.tabular.writing import csv_text

ABOUT = "payee-account"
_THIN = Side(style="thin", color="999999")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_TITLE = Font(bold=True, size=16)
_HEAD = Font(bold=True)
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

BASIS = {
    SubsidyRate.Basis.HOUSEHOLD: "户",
    SubsidyRate.Basis.AREA: "平方米",
    SubsidyRate.Basis.COMPOUND: "小区",
    SubsidyRate.Basis.PROJECT: "项目",
    SubsidyRate.Basis.PERSON: "人",
}
BENEFIT = {
    SubsidyRule.Benefit.CLASS_SUBSIDY: "老旧小区物业服务分类补贴",
    SubsidyRule.Benefit.SECRETARY: "党组织书记工作补贴",
    SubsidyRule.Benefit.REWARD: "以奖代补",
    SubsidyRule.Benefit.GRADUATE_MONTH: "高校毕业生岗位补贴",
    SubsidyRule.Benefit.HIRING: "吸纳高校毕业生一次性补贴",
}
HEADS = [
    ("序号", 7),
    ("街道", 14),
    ("补贴项目", 24),
    ("补贴对象", 26),
    ("类别", 8),
    ("收款人", 34),
    ("收款人代码", 22),
    ("所属期", 10),
    ("计算基数", 13),
    ("单位", 9),
    ("补贴标准(元)", 13),
    ("递减后比例", 11),
    ("考核得分", 10),
    ("考核系数", 10),
    ("金额(元)", 14),
    ("开户行", 26),
    ("账号(脱敏)", 22),
    ("备注", 24),
]
BANK_HEADS = [
    "批次号",
    "序号",
    "收款人代码",
    "收款人",
    "开户行",
    "账号",
    "金额",
    "笔数",
    "用途",
    "版本",
]
RESULT_HEADS = ["批次号", "版本", "序号", "收款人代码", "收款人", "金额", "结果", "原因", "日期"]
CLASSES = {1: "一类", 2: "二类", 3: "三类"}
_DIGITS = "零壹贰叁肆伍陆柒捌玖"


def in_capitals(amount: Decimal) -> str:
    """Return an amount in the capital characters of financial papers: 1234.50 → 壹仟贰佰叁拾肆元伍角整."""
    sign = "负" if amount < 0 else ""
    whole, fen = divmod(int(abs(amount) * 100), 100)
    text = _whole_in_capitals(whole) + "元" if whole else ""
    jiao, fen = divmod(fen, 10)
    if not jiao and not fen:
        return f"{sign}{text or '零元'}整"
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif whole:
        text += "零"
    return sign + text + (_DIGITS[fen] + "分" if fen else "整")


def _whole_in_capitals(number: int) -> str:
    text, zero = "", False
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            zero = bool(text)
            continue
        for digit, unit in zip(f"{group:04d}", ("仟", "佰", "拾", ""), strict=True):
            if digit == "0":
                zero = zero or bool(text)
                continue
            text += ("零" if zero and text else "") + _DIGITS[int(digit)] + unit
            zero = False
        text += ("", "万", "亿", "万亿")[place]
    return text


def roster(batch: SubsidyBatch, again: QuerySet[PaymentLine] | None = None) -> bytes:
    """Return the roster as .xlsx: every line with its sum, totals by payee and by subdistrict, who signed.

    With `again` it lists these lines alone: what the bank returned and is paid once more.
    """
    lines = approved_lines(batch) if again is None else again
    whole = lines.aggregate(count=Count("pk"), total=Sum("amount"))
    count, total = whole["count"], whole["total"] or Decimal("0.00")
    book = Workbook(write_only=True)
    book.properties.creator = str(batch.district)
    if batch.exported_at:
        when = timezone.localtime(batch.exported_at).replace(tzinfo=None)
        book.properties.created = book.properties.modified = when
    title = f"{batch.district}{batch.fund}补贴清册{'' if again is None else '（退票重付）'}"
    period = Period.parse(batch.period).label
    sheet = book.create_sheet("补贴清册")
    for index, (_head, width) in enumerate(HEADS):
        sheet.column_dimensions[chr(ord("A") + index)].width = width
    sheet.freeze_panes = "A4"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "3:3"
    sheet.append([_cell(sheet, title, font=_TITLE)])
    sheet.append([_cell(sheet, f"批次：{batch.number}    所属期：{period}    单位：元")])
    sheet.append([_cell(sheet, head, font=_HEAD, border=_BORDER, middle=True) for head, _width in HEADS])
    for row in _lines(lines, batch.period):
        sheet.append([_cell(sheet, value, border=_BORDER) for value in row])
    totals = [None] * len(HEADS)
    totals[0], totals[3], totals[14] = "合计", f"{count} 笔", total
    sheet.append([_cell(sheet, value, font=_HEAD, border=_BORDER) for value in totals])
    sheet.append([_cell(sheet, f"合计人民币（大写）：{in_capitals(total)}", font=_HEAD)])
    sheet.append([])
    for text in _signatures(batch):
        sheet.append([_cell(sheet, text)])
    _totals(book, "按收款人汇总", ["收款人代码", "收款人", "笔数", "金额(元)"], _by_payee(lines))
    _totals(book, "按街道汇总", ["街道", "笔数", "金额(元)", "初审人", "初审时间"], _by_subdistrict(lines))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lines(lines: QuerySet[PaymentLine], period: str) -> Iterator[list[Any]]:
    rows = lines.order_by("number").select_related("slice__subdistrict")
    entitlements = Entitlement.objects.filter(lines__in=lines).in_bulk()
    for line in rows.iterator(chunk_size=2000):
        due = entitlements[line.entitlement_id]
        remark = f"第{due.adjustment_number}次调整" if due.adjusts_id else ""
        if due.inputs.get("score_period") not in (None, period):
            remark = f"{remark} 系数依据{due.inputs['score_period']}得分".strip()
        yield [
            line.number,
            str(line.slice.subdistrict or ""),
            BENEFIT[SubsidyRule.Benefit(due.benefit)],
            line.subject_name,
            CLASSES.get(due.inputs.get("class"), ""),
            line.payee_name,
            line.payee_code,
            due.unit,
            due.quantity,
            BASIS[SubsidyRate.Basis(due.basis)],
            due.rate,
            due.share,
            due.score,
            due.factor,
            line.amount,
            line.account_bank,
            mask_account(unseal(line.account_cipher, about=ABOUT)) if line.account_cipher else "",
            remark,
        ]


def _signatures(batch: SubsidyBatch) -> Iterable[str]:
    for label, user, when in (
        ("编制", batch.prepared_by, batch.prepared_at),
        ("复审", batch.second_reviewed_by, batch.second_reviewed_at),
        ("审批", batch.approved_by, batch.approved_at),
    ):
        yield f"{label}：{user or ''}    {_day(when)}"
    yield f"清册摘要（SHA-256）：{batch.approved_digest}"


def _day(when: dt.datetime | None) -> str:
    return f"{timezone.localtime(when):%Y-%m-%d}" if when else ""


def _by_payee(lines: QuerySet[PaymentLine]) -> Iterator[list[Any]]:
    rows = (
        lines.order_by("payee_code")
        .values_list("payee_code", "payee_name")
        .annotate(n=Count("pk"), total=Sum("amount"))
    )
    yield from map(list, rows)


def _by_subdistrict(lines: QuerySet[PaymentLine]) -> Iterator[list[Any]]:
    sums = {
        key: (n, total)
        for key, n, total in lines.order_by()
        .values_list("slice")
        .annotate(n=Count("pk"), total=Sum("amount"))
    }
    slices = SubsidySlice.objects.filter(pk__in=sums).select_related("subdistrict", "reviewed_by")
    for row in slices.order_by(F("subdistrict__code").asc(nulls_last=True)):
        yield [
            str(row.subdistrict or "区本级"),
            *sums[row.pk],
            str(row.reviewed_by or ""),
            _day(row.reviewed_at),
        ]


def _totals(book: Workbook, title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sheet = book.create_sheet(title)
    for index in range(len(heads)):
        sheet.column_dimensions[chr(ord("A") + index)].width = 30 if index < 2 else 16
    sheet.append([_cell(sheet, head, font=_HEAD, border=_BORDER) for head in heads])
    for row in rows:
        sheet.append([_cell(sheet, value, border=_BORDER) for value in row])


def _cell(
    sheet: Any, value: Any, *, font: Font | None = None, border: Border | None = None, middle=False
) -> Any:
    """A cell that never becomes a formula: text that looks like one is written as text with a quote prefix."""
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        cell.data_type = "s"
        cell.quotePrefix = True
    if isinstance(value, Decimal):
        cell.number_format = "#,##0.00" if value.as_tuple().exponent == -2 else "#,##0.####"
    if font:
        cell.font = font
    if border:
        cell.border = border
    if middle:
        cell.alignment = _MIDDLE
    return cell


def bank_file(batch: SubsidyBatch, orders: Sequence[BankOrder], version: int) -> bytes:
    """Return the bank file: a row per order with the account in full, then a control row with count, sum and digest."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(BANK_HEADS)
    purpose = f"{Period.parse(batch.period).label}{batch.fund}"
    total = Decimal("0.00")
    for order in orders:
        total += order.amount
        # Codes and account numbers go out as they are: the bank's program reads them, not a spreadsheet.
        row = [batch.number, order.number, order.payee_code, csv_text(order.payee_name)]
        row += [csv_text(order.account.bank), unseal(order.account.number_cipher, about=ABOUT)]
        writer.writerow([*row, format(order.amount, "f"), order.line_count, csv_text(purpose), version])
    lines = sum(order.line_count for order in orders)
    writer.writerow(
        ["合计", len(orders), "", "", "", "", format(total, "f"), lines, batch.approved_digest, version]
    )
    return out.getvalue().encode("utf-8-sig")


def result_template(export: SubsidyExport) -> bytes:
    """Return the file in which the bank's answers are written, without account numbers (.csv)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(RESULT_HEADS)
    for order in export.orders.order_by("number"):
        values = [
            export.batch.number,
            export.version,
            order.number,
            order.payee_code,
            order.payee_name,
            order.amount,
        ]
        writer.writerow([*(csv_text(value) for value in values), "", "", ""])
    total = sum((order.amount for order in export.orders.all()), Decimal("0.00"))
    writer.writerow(["合计", "", export.orders.count(), "", "", format(total, "f"), "", "", ""])
    return out.getvalue().encode("utf-8-sig")
