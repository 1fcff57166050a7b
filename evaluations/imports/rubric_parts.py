"""The sheets of a rubric's workbook beside its first: items, bands, list rules. Lines to JSON and back.

The JSON is that of `evaluations.scoring.rubric`, so that what is read here is what is scored with.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from evaluations.indicators import REGISTRY
from evaluations.scoring import rubric as pure
from redprop.common.tabular import cells
from redprop.common.tabular.books import Book, Part, PartColumn
from redprop.common.tabular.cells import CellError

KEYS = (
    PartColumn("标准代码", "与“评分标准”一致", "JD"),
    PartColumn("版本", "与“评分标准”一致", "2026"),
)
LEVELS = {"项目": "project", "企业": "enterprise"}
KINDS = {"按比例": "linear", "分档": "bands", "扣分": "deduction", "加分": "bonus", "平均分": "mean"}
MISSING = {"不计入": "leave", "记零分": "zero", "不能评定": "block"}
BY_HAND = "人工评分"

# header → field of the transform, by kind
FIELDS = {
    "linear": {"零分值": "zero_at", "满分值": "full_at"},
    "bands": {"分档": "bands"},
    "deduction": {"每次分值": "per_event", "最低得分": "floor"},
    "bonus": {"每次分值": "per_event"},
    "mean": {"量表最低": "low", "量表最高": "high"},
}
DEFAULTS = pure.Transform(pure.Kind.LINEAR)


def _number(texts: Mapping[str, str], header: str, default: Decimal | None = None) -> str:
    text = texts.get(header, "")
    if not text:
        if default is None:
            raise CellError(_("“%(header)s” is required.") % {"header": header})
        return pure.number(default)
    try:
        value = cells.share(text) if text.endswith("%") else cells.number(text)
    except CellError as error:
        raise CellError(f"“{header}”: {error}") from None
    return pure.number(value)


def _choice(texts: Mapping[str, str], header: str, choices: Mapping[str, str], default: str = "") -> str:
    text = texts.get(header, "") or default
    found = choices.get(text) or (text if text in choices.values() else None)
    if found is None:
        raise CellError(
            _("“%(header)s” is one of: %(choices)s.") % {"header": header, "choices": "、".join(choices)}
        )
    return found


def _required(texts: Mapping[str, str], header: str) -> str:
    if not texts.get(header):
        raise CellError(_("“%(header)s” is required.") % {"header": header})
    return texts[header]


def _word(choices: Mapping[str, str], value: str) -> str:
    return next((word for word, one in choices.items() if one == value), value)


def read_item(texts: dict[str, str]) -> dict[str, Any]:
    """Return one item; raises CellError with the header that is wrong."""
    kind = _choice(texts, "计分方式", KINDS, "按比例")
    transform: dict[str, Any] = {"kind": kind}
    for header, name in FIELDS[kind].items():
        if name == "bands":
            transform[name] = _read_bands(_required(texts, header))
        else:
            needed = name == "per_event"
            transform[name] = _number(texts, header, None if needed else getattr(DEFAULTS, name))
    source = _required(texts, "取值来源")
    return {
        "code": _required(texts, "指标代码"),
        "title": _required(texts, "指标名称"),
        "points": _number(texts, "分值"),
        "pillar": texts.get("板块", ""),
        "level": _choice(texts, "层级", LEVELS, "项目"),
        "source": "marks" if source == BY_HAND else source,
        "missing": _choice(texts, "缺项处理", MISSING, "不计入"),
        "min_n": _number(texts, "最少份数", Decimal(0)),
        "transform": transform,
    }


def _read_bands(text: str) -> list[dict[str, str]]:
    found = []
    for line in filter(None, (part.strip() for part in text.replace("\n", ";").split(";"))):
        lower, mark, points = line.partition(":")
        if not mark:
            raise CellError(_("“分档”: write each band as bound:points, such as 0.9:8; 0.6:5."))
        found.append({"lower": _plain(lower), "points": _plain(points)})
    return sorted(found, key=lambda band: -Decimal(band["lower"]))


def _plain(text: str) -> str:
    return pure.number(cells.number(text.strip()))


def write_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return header → value of one item."""
    transform = item["transform"]
    told = {
        "指标代码": item["code"],
        "指标名称": item["title"],
        "板块": item["pillar"],
        "分值": item["points"],
        "层级": _word(LEVELS, item["level"]),
        "取值来源": BY_HAND if item["source"] == "marks" else item["source"],
        "计分方式": _word(KINDS, transform["kind"]),
        "缺项处理": _word(MISSING, item["missing"]),
        "最少份数": item["min_n"],
    }
    for header, name in FIELDS[transform["kind"]].items():
        value = transform[name]
        told[header] = "; ".join(f"{b['lower']}:{b['points']}" for b in value) if name == "bands" else value
    return told


def read_band(texts: dict[str, str]) -> dict[str, Any]:
    """Return one band of the total."""
    return {
        "lower": _number(texts, "总分下限（含）"),
        "code": _required(texts, "等次代码"),
        "title": _required(texts, "等次名称"),
    }


def write_band(band: Mapping[str, Any]) -> dict[str, Any]:
    """Return header → value of one band."""
    return {"总分下限（含）": band["lower"], "等次代码": band["code"], "等次名称": band["title"]}


_NUMBERS = {
    "红榜最低分": "red_min",
    "红榜比例": "red_share",
    "黑榜分数线": "black_min",
    "黑榜末位比例": "black_share",
    "重点监管线": "watch_max",
}
_FLAGS = {
    "红榜须满意度有效": "red_needs_satisfaction",
    "红榜须无黑榜项目": "red_needs_no_black",
    "一票否决入黑榜": "black_veto",
    "黑榜前复核": "retest",
}
_COUNTS = {"最少服务天数": "min_days", "最少项目数": "min_projects"}


def read_rule(texts: dict[str, str]) -> dict[str, Any]:
    """Return a list rule; an empty number switches its clause off."""
    rule: dict[str, Any] = {
        name: _number(texts, header) if texts.get(header) else None for header, name in _NUMBERS.items()
    }
    for header, name in _FLAGS.items():
        rule[name] = cells.yes_or_no(_required(texts, header))
    for header, name in _COUNTS.items():
        rule[name] = _number(texts, header, Decimal(0))
    return rule


def write_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return header → value of a list rule."""
    told = {header: rule[name] for header, name in (*_NUMBERS.items(), *_COUNTS.items())}
    return told | {header: "是" if rule[name] else "否" for header, name in _FLAGS.items()}


ITEM_COLUMNS = (
    PartColumn("指标代码", "必填；同一标准内不重复", "cleaning"),
    PartColumn("指标名称", "必填", "保洁"),
    PartColumn("板块", "选填", "onsite"),
    PartColumn("分值", "必填；加分项写最高分，纯扣分项写 0", "5"),
    PartColumn("层级", "项目、企业；不填为项目", "项目", tuple(LEVELS)),
    PartColumn("取值来源", "必填；系统指标的代码，或“人工评分”", BY_HAND, (BY_HAND, *sorted(REGISTRY))),
    PartColumn("计分方式", "按比例、分档、扣分、加分、平均分", "平均分", tuple(KINDS)),
    PartColumn("零分值", "按比例：得零分的值，不填为 0"),
    PartColumn("满分值", "按比例：得满分的值，不填为 1"),
    PartColumn("分档", "分档：下限:得分，用分号隔开，如 0.9:8; 0.6:5"),
    PartColumn("每次分值", "扣分、加分：每次多少分"),
    PartColumn("最低得分", "扣分：扣到几分为止，不填为 0"),
    PartColumn("量表最低", "平均分：不填为 0", "1"),
    PartColumn("量表最高", "平均分：不填为 100", "5"),
    PartColumn("缺项处理", "不计入、记零分、不能评定", "不计入", tuple(MISSING)),
    PartColumn("最少份数", "少于几份不评分，不填为 0"),
)
BAND_COLUMNS = (
    PartColumn("总分下限（含）", "必填", "90"),
    PartColumn("等次代码", "必填", "A"),
    PartColumn("等次名称", "必填", "优秀"),
)
RULE_COLUMNS = (
    *(
        PartColumn(header, "不填为不用这一条", example)
        for header, example in zip(_NUMBERS, ("90", "10%", "70", "3%", "75"), strict=True)
    ),
    *(PartColumn(header, "是或否", "是", ("是", "否")) for header in _FLAGS),
    *(PartColumn(header, "不填为 0", example) for header, example in zip(_COUNTS, ("45", "1"), strict=True)),
)

BOOK = Book(
    "评分标准",
    KEYS,
    (
        Part("items", "考评指标", ITEM_COLUMNS, read_item, write_item),
        Part("bands", "等次", BAND_COLUMNS, read_band, write_band),
        Part("list_rule", "项目名单规则", RULE_COLUMNS, read_rule, write_rule),
        Part("enterprise_rule", "企业名单规则", RULE_COLUMNS, read_rule, write_rule),
    ),
)
