"""Sentences of the demo: agendas, promises, requests, findings. No person is named in them."""

import random

TOPICS = (
    "一、通报上月承诺事项办理情况；二、研究楼道堆物清理和非机动车停放；三、征求居民代表意见。",
    "一、回顾上月未办结事项；二、讨论雨季排水和屋面渗漏；三、布置消防通道整治。",
    "一、通报居民诉求办理进度；二、研究照明和门禁维修；三、商议公共收益使用公示。",
    "一、检查上月承诺；二、讨论绿化修剪和垃圾分类投放；三、听取业主委员会建议。",
)
DECISIONS = (
    "由各物业项目按承诺时限办理，社区现场确认后销号，结果下月通报。",
    "责任到岗、时限到日；需延期的书面说明，经社区同意，保留原定日期。",
    "先易后难、当月见效；涉及公共收益的事项提交业主委员会。",
)
OTHERS = (
    ("社区党组织书记", "present"),
    ("街道包片干部", "observer"),
    ("社区民警", "present"),
    ("业主委员会代表", "present"),
    ("居民代表", "present"),
)
PROBLEMS = {
    "cleaning": (
        ("{home}楼道堆放杂物", "组织清理并公示责任人"),
        ("{home}垃圾桶点位异味", "每日冲洗两次并更换桶盖"),
    ),
    "security": (
        ("{home}单元门禁失灵", "更换门禁主机并重新登记门卡"),
        ("{home}夜间巡逻签到不全", "补齐巡更点位并按班公示"),
    ),
    "greening": (
        ("{home}绿化枯死未补种", "按原品种补种并浇灌到活"),
        ("{home}树枝遮挡低层采光", "组织修剪并清运枝叶"),
    ),
    "repair": (
        ("{home}楼道灯不亮", "更换声控灯并排查线路"),
        ("{home}屋面渗漏", "查明漏点，晴天完成防水修补"),
        ("{home}排水管堵塞", "疏通管道并更换破损井盖"),
    ),
    "order": (
        ("{home}消防通道违停", "划线、立牌并安排秩序员值守"),
        ("{home}电动车进楼充电", "增设充电位并逐户告知"),
    ),
    "fees": (("{home}公共收益账目未公示", "公示近两季收支明细"),),
    "other": (("{home}快递柜占用通道", "移位并恢复通道宽度"),),
}
CATEGORIES = tuple(PROBLEMS)
CATEGORY_WEIGHTS = (24, 10, 11, 30, 16, 5, 4)
ANSWER = "已按承诺完成，现场照片存社区备查。"
REPLIES = (
    "配件到货晚了，已安排维修人员本周内到场，完工后请社区验收。",
    "因连续降雨无法施工，天晴后三日内完成，期间派人值守。",
    "已更换责任人并每日通报进度，预计五日内办结。",
)
ADDENDUM = "补充：会后核实，楼道照明改造由物业项目于下次会议前提交方案，社区跟进。"
FINDINGS = ("", "", "", "个别点位不整洁", "记录不全", "标识缺失", "有一处未及时修复")
BREACH = "经核查，项目擅自动用公共维修资金，区房管部门已作出书面认定。"
BREACH_DOCUMENT = "维修资金核查认定书（样例）"
BREACH_HEARING = "企业负责人到会陈述，对事实无异议，承诺限期退回。"
GROUNDS_DOCUMENT = "查实问题扣分标准（样例）"
GROUNDS = (
    ("fire_lane", "消防通道被占，逾期未清", 2, 4),
    ("notice", "公共收益未按季公示", 1, 2),
    ("rectification", "整改通知逾期未回复", 1, None),
)
"""Code, title, most points for one event and in one period."""
DEDUCTIONS = (
    ("fire_lane", "消防通道被占，限期整改后复查仍有占用"),
    ("notice", "公共收益未按季公示，经书面提醒未改"),
    ("rectification", "整改通知单逾期未回复"),
)


def agenda(chance: random.Random) -> tuple[str, str]:
    """Topics and decisions of a meeting."""
    return chance.choice(TOPICS), chance.choice(DECISIONS)


def others(chance: random.Random) -> list[tuple[str, str]]:
    """Units other than the enterprises, with their attendance."""
    return [*OTHERS[:2], chance.choice(OTHERS[2:])]


def category(chance: random.Random) -> str:
    """Category of a request."""
    return chance.choices(CATEGORIES, CATEGORY_WEIGHTS)[0]


def promise(chance: random.Random, home: str) -> tuple[str, str]:
    """A problem of a compound and what is promised."""
    problem, answer = chance.choice(PROBLEMS[category(chance)])
    return problem.format(home=home), answer


_CATEGORY_OF = {problem: category for category, pairs in PROBLEMS.items() for problem, _answer in pairs}


def category_of(problem: str, home: str) -> str:
    """The category that a problem of `promise` belongs to."""
    return _CATEGORY_OF[problem.replace(home, "{home}", 1)]
