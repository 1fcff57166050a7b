"""October's joint meeting of one community: filed by its secretary, accepted, a promise given, kept and confirmed."""

import datetime as dt

from django.utils.translation import gettext as _

from communities.models import Commitment, JointMeeting
from communities.selectors import projects_serving
from communities.services import commitments, meetings
from communities.services.entered import Attendee, Minutes, Promise
from enterprises.models.enterprises import contact_enterprises
from evaluations.demo.accounts import SECRETARIES
from evaluations.demo.drive.stage import Stage
from evaluations.demo.photos import stairwell
from redprop.areas.models import Community
from redprop.common.periods import Period

SECRETARY, CLERK, CONTACT = "secretary-baocheng", "clerk-dazhi", "contact-1"
MONTH = Period.parse("2026-10")
HELD, FILED, ACCEPTED = dt.date(2026, 10, 13), dt.date(2026, 10, 14), dt.date(2026, 10, 15)
ANSWERED, CONFIRMED = dt.date(2026, 10, 16), dt.date(2026, 10, 19)
PROMISES = [
    ("三号楼二单元楼道灯不亮", "更换声控灯并排查线路", 4),
    ("一号门道闸常失灵", "更换道闸主板", 14),
    ("消防通道被车辆和杂物占用", "牵头清理并增设标线", 21),
    ("一楼住户要求在承重墙上开门", "上门解释并书面答复", 14),
    ("要求将绿地改成停车位", "提请业主大会讨论", 21),
]
"""Problem, promise and days until due; the first is kept in October, the others go on (`handling`)."""


def file_meeting(stage: Stage) -> None:
    """13 to 15 October: the meeting is held, filed and accepted."""
    community = Community.objects.get(district=stage.district, code=SECRETARIES[SECRETARY])
    meeting = JointMeeting.objects.filter(community=community, month=MONTH.start).first()
    if meeting is None:
        stage.forward_to(HELD, 16)
        meeting = _draft(stage, community)
    if meeting.state == JointMeeting.State.DRAFT:
        stage.forward_to(FILED, 9)
        meeting = meetings.submit_meeting(meeting=meeting, acting_user=stage.user(SECRETARY))
    if meeting.state == JointMeeting.State.SUBMITTED:
        stage.forward_to(ACCEPTED, 9)
        meetings.accept_meeting(meeting=meeting, acting_user=stage.user(CLERK))
        stage.say(
            _("October's joint meeting of %(community)s is filed and accepted.") % {"community": community}
        )


def _draft(stage: Stage, community: Community) -> JointMeeting:
    contact = stage.user(CONTACT)
    serving = list(projects_serving(community, HELD))
    own = [p for p in serving if p.enterprise_id in _firms(contact)]
    attendance = [Attendee(kind="present", project_id=p.pk) for p in serving]
    attendance.append(Attendee(kind="observer", unit="街道包片干部"))
    minutes = Minutes(
        held_on=HELD,
        place=f"{community.name}党群服务中心会议室",
        chair="社区党组织书记",
        recorder="社区副书记",
        topics="一、通报上月承诺事项办理情况；二、讨论楼道照明。",
        decisions="由物业项目按承诺时限办理，社区现场确认后销号。",
        attendance=attendance,
        promises=[
            Promise(
                project_id=own[0].pk,
                problem=problem,
                promise=promise,
                responsible_post="项目经理",
                due_on=CONFIRMED + dt.timedelta(days=days),
            )
            for problem, promise, days in (PROMISES if own else [])
        ],
    )
    return meetings.save_meeting(
        community=community, month=MONTH, minutes=minutes, version=None, acting_user=stage.user(SECRETARY)
    )


def keep_promise(stage: Stage) -> None:
    """16 and 19 October: the enterprise answers, the community confirms."""
    for promise in Commitment.objects.filter(
        meeting__community__code=SECRETARIES[SECRETARY],
        meeting__month=MONTH.start,
        problem=PROMISES[0][0],
    ).select_related("project"):
        if promise.state == Commitment.State.OPEN:
            stage.forward_to(ANSWERED, 11)
            promise = commitments.answer_commitment(
                commitment=promise,
                text="已更换声控灯三只，线路排查正常。",
                photos=[stairwell("维修前", lit=False), stairwell("维修后", lit=True)],
                acting_user=stage.user(CONTACT),
            )
        if promise.state == Commitment.State.ANSWERED:
            stage.forward_to(CONFIRMED, 10)
            commitments.confirm_commitment(
                commitment=promise, text="现场查看灯已亮", acting_user=stage.user(SECRETARY)
            )
            stage.say(_("A promise was answered by the enterprise and confirmed by the community."))


def _firms(contact) -> set[int]:  # type: ignore[no-untyped-def]
    return set(contact_enterprises(contact.pk).values_list("enterprise", flat=True))
