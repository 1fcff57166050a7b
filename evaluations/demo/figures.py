"""The holidays of 2023 to 2026, and the figures that were reported elsewhere, with their source."""

import datetime as dt

from chinese_calendar.constants import holidays, workdays

from evaluations.demo.world import LAST_DAY, REPORT_OF_2017, World, stamp
from redprop.common.workdays import WorkCalendar
from redprop.core.models import Holiday, ReportedFigure

YEARS = range(2023, 2027)

HOLIDAY_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
}

SEED_SOURCE = "中共江岸区委宣传部：江岸区“红色物业”工作材料"
REPORT_SOURCE = (
    "《物业为什么这样红》，2017-09-02，hb.sina.com.cn/news/b/2017-09-02/detail-ifykqmrv7418266.shtml"
)

REPORTED: dict[dt.date, tuple[str, dict[str, int]]] = {
    LAST_DAY: (
        SEED_SOURCE,
        {
            "compounds": 851,
            "compounds_professional": 291,
            "compounds_old": 560,
            "old_taken_over": 463,
            "old_in_trusteeship": 97,
            "takeover_enterprises": 39,
            "welfare_enterprises": 2,
            "enterprises": 187,
            "projects": 382,
            "enterprises_with_party": 187,
            "projects_with_party": 382,
            "graduates": 987,
            "recruits": 412,
            "welfare_masters": 20,
            "welfare_masters_members": 16,
            "graduates_probationary": 15,
            "member_managers": 9,
            "subdistricts": 17,
            "communities": 141,
        },
    ),
    REPORT_OF_2017: (
        REPORT_SOURCE,
        {"compounds_old": 560, "old_taken_over": 453, "old_in_trusteeship": 107},
    ),
}


def calendar() -> WorkCalendar:
    """The working days of the demo's years."""
    return WorkCalendar.build(
        [day for day in holidays if day.year in YEARS], [day for day in workdays if day.year in YEARS], YEARS
    )


def make_calendar(world: World) -> None:
    """Days off on weekdays and worked weekends, from the library's table, which ends in 2026."""
    sheet = world.book.sheet(Holiday, district_id=world.district.pk, recorded_by="demo")
    for day, name in sorted({**holidays, **workdays}.items()):
        if day.year not in YEARS:
            continue
        sheet.add(
            day=day,
            is_workday=day in workdays,
            name=HOLIDAY_NAMES.get(name, name) + ("调休上班" if day in workdays else ""),
            recorded_at=stamp(dt.date(day.year - 1, 12, 1)),
        )


def make_figures(world: World) -> None:
    """What `reconcile_totals` compares the registers with."""
    sheet = world.book.sheet(ReportedFigure, district_id=world.district.pk, recorded_by="demo")
    for on, (source, figures) in REPORTED.items():
        for code, value in figures.items():
            sheet.add(on=on, code=code, value=value, source=source, recorded_at=stamp(on, 500))
