"""A site made of plain values: 40 compounds and their lists by default, any size on request."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from redprop.public import content, languages, opendata, publishing

COLOURS = {0: content.RED, 1: content.RED, 17: content.WATCH, 18: content.UNDETERMINED, 19: content.BLACK}
REASONS = {
    content.RED: ("总分 95.00，不低于红榜线 90 分；名次在前 10% 之内", "居民满意度有效，无一票否决事项"),
    content.BLACK: ("总分 61.50，低于黑榜线 70 分",),
    content.WATCH: ("总分 72.40，低于重点监管线 75 分",),
    content.UNDETERMINED: ("满意度有效答卷 31 份，按 95% 上限复算不再列入黑榜，20 个工作日内再次调查",),
}
LINES = tuple(
    content.Line(title, raw, points, out_of, rule)
    for title, raw, points, out_of, rule in [
        ("联席会出席率", "11 / 12（91.7%）", "9.17", "10", "按出席次数占应出席次数的比例得分"),
        ("承诺按期完成率", "23 / 25（92.0%）", "18.40", "20", "按期完成的承诺占到期承诺的比例"),
        ("居民诉求按时答复率", "48 / 50（96.0%）", "14.40", "15", "按时答复的诉求占诉求总数的比例"),
        ("居民满意度", "131 / 150（87.3%）", "17.47", "20", "满意（4—5 分）答卷占有效答卷的比例"),
        ("现场检查", "检查 2 次，平均 91.5", "13.73", "15", "两次检查平均分折算"),
        ("八项保障", "7.5 / 8", "9.38", "10", "八项基本服务逐项评定"),
        ("党组织覆盖", "已建立", "5.00", "5", "单建、联建或选派指导员均计满分"),
        ("交叉任职", "2 人", "5.00", "5", "至少 1 人得满分"),
        ("扣分项", "0 项", "0.00", "0", "每项扣 2 分，最多扣 10 分"),
    ]
)


def two_compounds(number: int) -> tuple[tuple[str, str], ...]:
    return tuple((f"C{n:05d}", f"和合花园{n}期") for n in (2 * number, 2 * number + 1))


def entry(number: int) -> content.Entry:
    colour = COLOURS.get(number % 20, content.UNLISTED)
    return content.Entry(
        key=f"P{number:04d}",
        name=f"安澜第{number}服务项目",
        enterprise=f"江岸青禾第{number % 9}物业服务有限公司",
        uscc=f"91420102MA00000{number % 9}0X",
        colour=colour,
        total=Decimal("95.00") - Decimal(number) * Decimal("1.7") % 40,
        full=Decimal("100"),
        rank=number + 1,
        band="优秀" if colour == content.RED else "合格",
        compounds=two_compounds(number),
        reasons=REASONS.get(colour, ()),
        manager="项目经理",
        reply="已更换保洁队伍，九月起每日巡查。" if colour == content.BLACK else "",
        lines=LINES,
    )


def compound(number: int) -> content.Compound:
    project = number // 2
    return content.Compound(
        code=f"C{number:05d}",
        name=f"和合花园{number}期",
        subdistrict=f"{'一二三四'[number % 4]}元街道",
        subdistrict_code=f"42010200{number % 4}",
        community=f"兰陵{number % 12}社区",
        address=f"解放大道{number}号",
        kind="老旧小区",
        compound_class="二类",
        class_since=dt.date(2023, 1, 1),
        households=480,
        year_built=1994,
        search=f"hehehuayuan{number}qi hhhy{number}q",
        point=(114.28 + number % 7 * 0.002 + number % 4 * 0.02, 30.60 + number // 7 * 0.0015)
        if number != 5
        else None,
        services=(
            content.Service(
                project=f"P{project:04d}",
                project_name=f"安澜第{project}服务项目",
                enterprise=f"江岸青禾第{project % 9}物业服务有限公司",
                uscc=f"91420102MA00000{project % 9}0X",
                kind="市场化企业接管",
                since=dt.date(2024, 1, 1),
                phone="027-82000000",
                manager="项目经理",
            ),
            content.Service(
                project="P9999",
                project_name="旧服务项目",
                enterprise="清源物业有限公司",
                uscc="91420102MA0000099X",
                kind="托管",
                since=dt.date(2019, 1, 1),
                until=dt.date(2023, 12, 31),
            ),
        ),
    )


def enterprise(number: int, projects: int) -> content.Enterprise:
    return content.Enterprise(
        uscc=f"91420102MA00000{number}0X",
        name=f"江岸青禾第{number}物业服务有限公司",
        kind="市场化企业",
        address="江岸区某路1号",
        phone="027-82000001",
        registered_from=dt.date(2018, 5, 1),
        search=f"jaqh{number}",
        projects=tuple(
            content.Project(
                code=f"P{n:04d}",
                name=f"安澜第{n}服务项目",
                since=dt.date(2024, 1, 1),
                manager="项目经理",
                compounds=two_compounds(n),
            )
            for n in range(number, projects, 9)
        ),
    )


def release(pk: int, period: str, label: str, kind: str, day: dt.date, projects: int) -> content.Release:
    notice = kind == content.NOTICE
    return content.Release(
        pk=pk,
        period=period,
        period_label=label,
        kind=kind,
        number=1,
        sequence=pk,
        index_number=f"JA-WY-{period}-{pk}",
        issuer="江岸区红色物业工作专班",
        published_on=day,
        window_from=dt.date(2026, 10, 12) if notice else None,
        window_to=dt.date(2026, 10, 19) if notice else None,
        valid_until=None if notice else dt.date(2027, 10, 19),
        ranked=projects,
        digest="ab" * 32,
        previous_digest="cd" * 32 if pk > 1 else "",
        rubric="红色物业季度考评细则（样例）第 1 版",
        list_rule=(
            "红榜：总分不低于 90 分，名次在前 10%，满意度有效，无一票否决事项",
            "黑榜：有一票否决事项，或总分低于 70 分",
        ),
        entries=tuple(entry(n) for n in range(projects)),
        enterprises=(
            content.Entry(
                key="E1",
                name="",
                enterprise="江岸青禾第1物业服务有限公司",
                uscc="91420102MA0000010X",
                colour=content.RED,
                total=Decimal("93.20"),
                rank=1,
                reasons=("两个以上项目加权平均 93.20 分",),
            ),
        ),
        has_bundle=True,
    )


def site(
    compounds: int = 40, *, quarters: int = 1, notice: bool = False, code: str = "990101"
) -> content.Site:
    """Quarters back from 2026Q3, each with notice and final list; with `notice` the last has only its notice."""
    projects = compounds // 2
    releases: list[content.Release] = []
    for back in range(quarters):
        year, quarter = divmod(2026 * 4 + 2 - back, 4)
        period, label = f"{year}Q{quarter + 1}", f"{year}年第{quarter + 1}季度"
        pk = 2 * (quarters - back)
        if not (back == 0 and notice):
            releases.append(release(pk, period, label, content.FINAL, dt.date(2026, 10, 20), projects))
        releases.append(release(pk - 1, period, label, content.NOTICE, dt.date(2026, 10, 12), projects))
    return content.Site(
        code=code,
        name="江岸区",
        today=dt.date(2026, 10, 20),
        is_demo=True,
        releases=tuple(releases),
        compounds=tuple(compound(n) for n in range(compounds)),
        enterprises=tuple(enterprise(n, projects) for n in range(9)),
    )


def files(compounds: int = 40, **more: object) -> Iterator[tuple[str, bytes]]:
    """Every public file of such a site in Chinese, as publishing writes them, without bundles and money."""
    yield from languages.placed(publishing.rendered(site(compounds, **more), opendata.Measures()))


def files_in_both(compounds: int) -> Iterator[tuple[str, bytes]]:
    """The same with the English pages."""
    measures, found = opendata.Measures(), site(compounds)
    yield from languages.in_both(lambda: publishing.rendered(found, measures))
