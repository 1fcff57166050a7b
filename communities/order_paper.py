"""A supervision order (督办单) as an official paper after GB/T 9704-2012. Always in Chinese."""

from django.utils import timezone
from django.utils.translation import override

from communities.models import Colour, Level, SupervisionOrder
from communities.paper import chinese_day
from redprop.common.documents import Document, Heading, Paragraph, SignedBy, Table

COLOURS = {Colour.BLUE: "蓝色", Colour.YELLOW: "黄色", Colour.RED: "红色"}
WANTED = {
    Colour.BLUE: "办理时限临近，请抓紧办理，办结后在工作台答复，由社区现场确认后销号。",
    Colour.YELLOW: "该事项已逾期或进展缓慢，请立即办理，并在三个工作日内书面说明原因和办结时间。",
    Colour.RED: "该事项严重逾期，由区级跟踪督办，直至社区确认办结。请企业负责人直接负责，立即书面说明情况。",
}


def order_paper(order: SupervisionOrder) -> Document:
    """The order as it is printed; with the enterprise's reply once there is one (no query if joined before)."""
    with override("zh-hans"):
        return _order(order)


def issuer_of(order: SupervisionOrder) -> str:
    """Who signs: the district for an order that goes up to it, else the subdistrict."""
    if order.level == Level.DISTRICT:
        return str(order.district)
    return str(order.commitment.meeting.community.subdistrict)


def _order(order: SupervisionOrder) -> Document:
    commitment = order.commitment
    community, colour = commitment.meeting.community, COLOURS[Colour(order.colour)]
    extended = (
        f"（原定{chinese_day(commitment.first_due_on)}）" if commitment.first_due_on != order.due_on else ""
    )
    blocks: list = [
        Paragraph(
            f"你单位{commitment.project}在{community}{chinese_day(commitment.made_on)}联席会议上作出的下列承诺，"
            f"办理时限为{chinese_day(order.due_on)}{extended}，至今未经社区确认办结，现予{colour}督办。"
        ),
        Table(
            ["事项", "内容"],
            [
                ["居民反映问题", commitment.problem],
                ["承诺事项", commitment.promise],
                ["责任岗位", commitment.responsible_post],
                ["小区", str(commitment.compound or "—")],
                ["督办层级", order.get_level_display()],
            ],
            [2.4, 7.6],
        ),
        Paragraph(WANTED[Colour(order.colour)]),
    ]
    if order.reply:
        day = chinese_day(timezone.localdate(order.replied_at)) if order.replied_at else ""
        blocks += [Heading("企业书面说明"), Paragraph(f"{order.reply}（{order.replied_by}，{day}）")]
    blocks.append(SignedBy(issuer_of(order), chinese_day(order.issued_on)))
    return Document(
        mark=f"{issuer_of(order)}{colour}督办单",
        number=order.number,
        addressee=str(commitment.project.enterprise),
        blocks=blocks,
        copies=f"{community}党组织",
        corner="演示数据" if order.district.is_demo else "",
        name=f"{colour}督办单{order.number}",
        letter=True,
    )
