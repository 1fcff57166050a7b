"""The sample questions of a survey, and the words of its scale. Data: a round's own questions are edited until it opens."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Sample:
    """A question to start from: dimension, Chinese, English."""

    code: str
    text: str
    text_en: str
    counts: bool = False


SAMPLES = (
    Sample(
        "overall",
        "总的来说，您对本小区的物业服务满意吗？",
        "All in all, how satisfied are you with the property service of your compound?",
        True,
    ),
    Sample("cleaning", "楼道和公共区域的保洁", "Cleaning of stairs and common areas"),
    Sample("order", "门岗值守、停车和秩序", "Gate, parking and order"),
    Sample("repairs", "公共设施的维修是否及时", "Repairs of common facilities, in time"),
    Sample("greening", "绿化养护", "Care of the green areas"),
    Sample("safety", "消防通道、电梯等安全管理", "Safety: fire lanes, lifts"),
    Sample("manner", "物业人员的服务态度", "Manner of the staff"),
    Sample("answers", "反映问题后的答复和处理", "Answers to what residents report"),
    Sample("openness", "收费和公共收益的公开", "Openness about fees and public income"),
)
"""Chengdu asks by eight dimensions and one overall (domain.md section 7, S64); the words are samples."""

SCALE = (
    (5, _("very satisfied")),
    (4, _("satisfied")),
    (3, _("neither nor")),
    (2, _("not satisfied")),
    (1, _("not satisfied at all")),
)
"""Satisfied means 4 or 5."""

LEAST, MOST = 1, 5
