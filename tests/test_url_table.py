"""The table of address × role with the expected answer. An address that is missing in it fails the test.

The pages of the admin have tables of their own: its permissions in `tests/accounts/test_roles.py`.
Roles as in `tests/town.py`: "own" is the member whose community, subdistrict or enterprise the row
belongs to, "other" one of the same role elsewhere.
"""

import datetime as dt
import html
import io
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from PIL import Image

from communities.models import Compound, CouncilFollowUp, Exclusion, SupervisionOrder
from communities.services import addenda, commitments, council_people, exclusions, requests
from communities.services.council_minutes import Follow
from communities.services.requests import record_request
from evaluations.models import (
    FollowUp,
    Inspection,
    InspectionMark,
    InspectionPhoto,
    ListEntry,
    Rectification,
    Scorecard,
)
from redprop.core.models import ExportFile, FormBurden, Notification, ScheduledReport
from redprop.core.services.attachments import store_attachment
from redprop.desk.lists import _LISTS
from tests.communities.council import convene, file, resolved, said, seat
from tests.desk.test_scores import close_quarter, file_september
from tests.stages import no_stage_is_read
from tests.subsidies.small import one_slice
from tests.subsidies.staff import hire
from tests.town import build_town, posted
from tests.work_pages import WORK_TABLE, work_args

OWN_TABLES = {"admin"}
"""Namespaces whose rights are tested by their own tables."""

ANYBODY = {
    "anonymous",
    "secretary",
    "other_secretary",
    "clerk",
    "other_clerk",
    "registrar",
    "own",
    "other",
    "sysadmin",
}
SIGNED_IN = ANYBODY - {"anonymous"}
AREA = {"secretary", "clerk", "registrar"}
"""Who reaches a row of community a1: its secretary, its subdistrict, its district."""

OK, MOVED, SIGN_IN, NOT_FOUND, NO_GET = 200, 302, "sign-in", 404, 405


def table(**answers: object) -> dict[str, object]:
    """Expected answers by member; `rest` for those not named, the sign-in page for the anonymous."""
    rest = answers.pop("rest", NOT_FOUND)
    return {member: answers.get(member, rest) for member in SIGNED_IN} | {
        "anonymous": answers.get("anonymous", SIGN_IN)
    }


def reached_by(members: set[str], answer: object = OK) -> dict[str, object]:
    """Only these members get the answer; the others find nothing."""
    return table(**dict.fromkeys(members, answer))


# address name → (method, expected answer by member)
TABLE: dict[str, tuple[str, dict[str, object]]] = {
    "set_language": ("post", dict.fromkeys(ANYBODY, MOVED)),
    "accounts:sign-in": ("get", table(anonymous=OK, rest=MOVED)),
    "accounts:sign-out": ("post", dict.fromkeys(ANYBODY, MOVED)),
    "accounts:account": ("get", table(rest=OK)),
    "accounts:password": ("get", table(rest=OK)),
    # Nobody here owes a code, and nobody has a device yet.
    # Nobody here was timed out in the middle of a form.
    "accounts:kept-words": ("get", table(rest=MOVED)),
    # No identity provider is named here; with one they are tried in tests/accounts/test_provider.py.
    "accounts:provider": ("get", dict.fromkeys(ANYBODY, NOT_FOUND)),
    "accounts:provider-back": ("get", dict.fromkeys(ANYBODY, NOT_FOUND)),
    "accounts:code": ("get", table(rest=MOVED)),
    "accounts:enrol": ("get", table(rest=OK)),
    "accounts:second-factor": ("get", table(rest=MOVED)),
    "accounts:end-sessions": ("post", table(rest=MOVED)),
    "desk:home": ("get", table(rest=OK)),
    "desk:meetings": (
        "get",
        reached_by({"secretary", "other_secretary", "clerk", "other_clerk", "registrar"}),
    ),
    "desk:meeting": ("get", reached_by(AREA)),
    "desk:meeting-submit": ("post", reached_by(AREA, MOVED)),
    "desk:meeting-accept": ("post", reached_by(AREA, MOVED)),
    "desk:meeting-return": ("post", reached_by(AREA, MOVED)),
    "desk:meeting-edit": ("get", reached_by({"secretary"})),
    "desk:meeting-paper": ("get", reached_by(AREA)),
    "desk:meeting-add": ("post", reached_by(AREA, MOVED)),
    "desk:meeting-add-scan": ("post", reached_by(AREA, MOVED)),
    "desk:meeting-scan": ("get", reached_by(AREA)),
    "desk:meeting-remove-scan": ("post", reached_by(AREA, MOVED)),
    "desk:councils": (
        "get",
        reached_by({"secretary", "other_secretary", "clerk", "other_clerk", "registrar"}),
    ),
    "desk:council-new": ("get", reached_by({"secretary", "other_secretary"})),
    "desk:council": ("get", reached_by(AREA)),
    "desk:council-edit": ("get", reached_by({"secretary"})),
    "desk:council-drop": ("post", reached_by({"secretary"}, MOVED)),
    "desk:council-paper": ("get", reached_by(AREA)),
    "desk:council-resolutions": ("get", table(rest=OK)),
    "desk:council-correct": ("post", reached_by(AREA, MOVED)),
    "desk:council-withdraw": ("post", reached_by(AREA, MOVED)),
    "desk:council-topics": ("get", table(rest=OK)),
    "desk:council-decide": ("post", reached_by(AREA | {"own"}, MOVED)),
    "desk:council-people": (
        "get",
        reached_by({"secretary", "other_secretary", "clerk", "other_clerk", "registrar"}),
    ),
    "desk:council-end-term": ("post", reached_by(AREA, MOVED)),
    "desk:council-follow-ups": ("get", table(rest=OK)),
    "desk:council-follow-up": ("get", reached_by(AREA | {"own"})),
    "desk:council-photo": ("get", reached_by(AREA | {"own"})),
    "desk:council-act": ("post", reached_by(AREA | {"own"}, MOVED)),
    "desk:burden": ("get", reached_by({"registrar"})),
    "desk:commitments": ("get", table(rest=OK)),
    "desk:commitment": ("get", reached_by(AREA | {"own"})),
    "desk:commitment-act": ("post", reached_by(AREA | {"own"}, MOVED)),
    "desk:export": ("get", table(rest=OK)),
    "desk:exports": ("get", table(rest=OK)),
    "desk:export-file": ("get", reached_by({"own"}, MOVED)),
    "desk:export-cancel": ("post", reached_by({"own"}, MOVED)),
    "desk:export-remove": ("post", reached_by({"own"}, MOVED)),
    "desk:reports": ("get", table(rest=OK)),
    "desk:report-new": ("get", table(rest=NOT_FOUND)),
    "desk:report-act": ("post", reached_by({"own"}, MOVED)),
    "desk:commitment-photo": ("get", reached_by(AREA | {"own"})),
    "desk:notices": ("get", table(rest=OK)),
    "desk:notices-read": ("post", table(rest=MOVED)),
    "desk:notice-choices": ("get", table(rest=OK)),
    "desk:notice-open": ("post", reached_by({"own"}, MOVED)),
    "desk:orders": ("get", table(rest=OK)),
    "desk:order": ("get", reached_by(AREA | {"own"})),
    "desk:order-paper": ("get", reached_by(AREA | {"own"})),
    "desk:exclusions": (
        "get",
        reached_by({"secretary", "other_secretary", "clerk", "other_clerk", "registrar"}),
    ),
    "desk:exclusion-decide": ("post", reached_by(AREA | {"own"}, MOVED)),
    "desk:request-exclude": ("post", reached_by(AREA | {"own"}, MOVED)),
    "desk:scores": ("get", table(rest=OK)),
    "desk:score": ("get", reached_by(AREA | {"own"})),
    "desk:score-facts": ("get", reached_by(AREA | {"own"})),
    "desk:score-object": ("post", reached_by(AREA | {"own"}, MOVED)),
    # The release of this table was made by hand: its rows do not give its digest, so no bundle is handed out.
    "desk:score-bundle": ("get", reached_by(AREA | {"own"}, MOVED)),
    "desk:score-inspection": ("get", reached_by(AREA | {"own"})),
    "desk:score-inspection-photo": ("get", reached_by(AREA | {"own"})),
    "desk:so-far": ("get", table(rest=OK)),
    "desk:so-far-project": ("get", reached_by(AREA | {"own"})),
    "desk:trends": ("get", table(rest=OK)),
    "desk:flags": ("get", table(rest=OK)),
    "desk:entries": ("get", table(rest=OK)),
    "desk:entry": ("get", reached_by(AREA | {"own"})),
    "desk:entry-evidence": ("get", reached_by(AREA | {"own"})),
    "desk:entry-act": ("post", reached_by(AREA | {"own"}, MOVED)),
    "desk:follow-ups": ("get", table(rest=OK)),
    "desk:follow-up-done": ("post", reached_by(AREA | {"own"}, MOVED)),
    "desk:slices": ("get", table(rest=OK)),
    "desk:slice": ("get", reached_by({"clerk"})),
    "desk:slice-review": ("post", reached_by({"clerk"}, MOVED)),
    "desk:slice-return": ("post", reached_by({"clerk"}, MOVED)),
    "desk:slice-hold": ("post", reached_by({"clerk"}, MOVED)),
    "desk:in-post": ("get", reached_by({"own", "other"})),
    "desk:in-post-month": ("get", reached_by({"own"})),
    "desk:in-post-confirm": ("post", reached_by({"own"}, MOVED)),
    "desk:graduates": ("get", reached_by({"own", "other", "secretary", "other_secretary"})),
    "desk:graduate-mentor": ("post", reached_by(set(), MOVED)),
    "desk:graduate-mentor-left": ("post", reached_by(set(), MOVED)),
    "desk:evidence": ("get", reached_by({"own"})),
    "desk:evidence-add": ("post", table(rest=NOT_FOUND)),
    **WORK_TABLE,
    "desk:requests": (
        "get",
        reached_by(
            {"secretary", "other_secretary", "clerk", "other_clerk", "registrar", "own", "other"},
        ),
    ),
    "desk:request": ("get", reached_by(AREA | {"own"})),
    "desk:request-new": ("get", reached_by({"secretary", "other_secretary"})),
    "desk:request-act": ("post", reached_by(AREA | {"own"}, MOVED)),
    "desk:request-slip": ("get", reached_by(AREA | {"own"}, MOVED)),
    "desk:request-photo": ("get", reached_by(AREA | {"own"})),
    "desk:request-photos": ("get", reached_by({"clerk", "other_clerk"})),
    "desk:request-photo-decide": ("post", reached_by(AREA | {"own"}, MOVED)),
    "desk:compound-poster": ("get", reached_by(AREA)),
    # Residents need no account: the code opens their own request, a signature the interface.
    "public:report": ("get", dict.fromkeys(ANYBODY, OK)),
    "public:ask-proxy": ("get", dict.fromkeys(ANYBODY, OK)),
    "public:report-compound": ("get", dict.fromkeys(ANYBODY, OK)),
    "public:compound-poster": ("get", dict.fromkeys(ANYBODY, OK)),
    "public:follow-entry": ("get", dict.fromkeys(ANYBODY, OK)),
    "public:follow": ("get", dict.fromkeys(ANYBODY, OK)),
    "public:follow-photo": ("get", dict.fromkeys(ANYBODY, NOT_FOUND)),
    "public:api-requests": ("post", dict.fromkeys(ANYBODY, 400)),
    "public:api-request": ("get", dict.fromkeys(ANYBODY, 400)),
    "public:api-confirm": ("post", dict.fromkeys(ANYBODY, 400)),
    "public:api-reopen": ("post", dict.fromkeys(ANYBODY, 400)),
    "public:api-words": ("post", dict.fromkeys(ANYBODY, 400)),
    "public:api-photos": ("post", dict.fromkeys(ANYBODY, 400)),
    # Published pages are files, the same for everybody; the folder of this test has two of them.
    "public:api": ("get", dict.fromkeys(ANYBODY, OK)),
    "public:home": ("get", dict.fromkeys(ANYBODY, OK)),
    "public:find": ("get", dict.fromkeys(ANYBODY, OK)),
    "public:credit": ("get", dict.fromkeys(ANYBODY, OK)),
    "public:credit_certificate": (
        "get",
        dict.fromkeys(ANYBODY, OK if settings.SIGNING_CERTIFICATE else NOT_FOUND),
    ),
    "public:credit_report": ("get", dict.fromkeys(ANYBODY, NOT_FOUND)),
    "public:published": ("get", dict.fromkeys(ANYBODY, OK)),
}


def all_names(resolver: URLResolver | None = None, namespace: str = "") -> set[str]:
    """Names of every address of the site, with their namespace."""
    found: set[str] = set()
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            found.add(f"{namespace}{pattern.name}")
        elif pattern.namespace not in OWN_TABLES:
            found |= all_names(pattern, f"{pattern.namespace}:" if pattern.namespace else namespace)
    return found


def test_every_address_stands_in_the_table() -> None:
    assert all_names() == set(TABLE)


def test_every_line_names_every_member() -> None:
    for name, (_method, expected) in TABLE.items():
        assert set(expected) == ANYBODY, name


@pytest.fixture
def rows(db, settings, tmp_path) -> SimpleNamespace:
    settings.DEMO = True
    settings.PUBLISHED_ROOT = tmp_path
    tree = tmp_path / "420199"
    for name in ("index.html", "lists/index.html", "site.json"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("{}", encoding="utf-8")
    town = build_town()
    town.sysadmin = posted("xtgly", "系统员", "system_administrator", town.district)
    file_september(town)
    run = close_quarter(town)
    ListEntry.objects.filter(run=run, project=town.qingchuan).update(
        state="noticed",
        colour="watch",
        notice_starts_on=dt.date(2026, 10, 12),
        notice_ends_on=dt.date(2026, 10, 19),
    )
    listed = ListEntry.objects.get(run=run, project=town.qingchuan)
    task = FollowUp.objects.create(
        entry=listed, kind="manager_change", opened_on=dt.date(2026, 10, 20), due_on=dt.date(2026, 11, 20)
    )
    commitment = town.qingchuan.commitments.get()
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    piece = one_slice(
        subdistrict=town.street_a,
        compound=commitment.compound or Compound.objects.first(),
        project=town.qingchuan,
        maker=posted("jb", "经办", "finance_maker", town.district),
    )
    settings.MEDIA_ROOT = tmp_path / "media"
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(picture, "PNG")
    scan = addenda.add_scan(
        meeting=commitment.meeting,
        upload=SimpleUploadedFile("signed.png", picture.getvalue()),
        acting_user=town.secretary,
    )
    commitments.reopen_commitment(
        commitment=commitment,
        reason="又停了",
        photos=[SimpleUploadedFile("lift.png", picture.getvalue())],
        acting_user=None,
    )
    reported = record_request(
        compound=Compound.objects.get(code="XP1"),
        source="call",
        category="repair",
        text="楼道灯不亮",
        received_on=dt.date(2026, 10, 5),
        photos=[SimpleUploadedFile("lamp.png", picture.getvalue())],
        acting_user=town.secretary,
    )
    put_right = Rectification.objects.create(
        entry=listed,
        text="已更换",
        evidence=store_attachment(
            district=town.district,
            upload=SimpleUploadedFile("lift.png", picture.getvalue()),
            acting_user=None,
        ),
        reported_on=dt.date(2026, 10, 20),
        due_on=dt.date(2026, 11, 10),
    )
    order = SupervisionOrder.objects.create(
        district=town.district,
        commitment=commitment,
        colour="blue",
        level="community",
        year=2026,
        serial=1,
        issued_on=dt.date(2026, 10, 21),
        due_on=commitment.due_on,
    )
    waiting = ExportFile.objects.create(
        district=town.district, user=town.huanan_contact, page="desk:commitments", register="list"
    )
    report = ScheduledReport.objects.create(
        district=town.district,
        owner=town.huanan_contact,
        page="desk:commitments",
        register="list",
        every="week",
        next_on=dt.date(2026, 11, 2),
    )
    asked = requests.record_request(
        compound=town.qingchuan.contracts.get().assignments.get().compound,
        source="call",
        category="repair",
        text="要求拆承重墙",
        received_on=dt.date(2026, 9, 20),
        acting_user=None,
    )
    excluded = exclusions.ask_exclusion(
        request=asked, reason="against_law", explanation="承重墙", acting_user=town.secretary
    )
    council = one_council(town, SimpleUploadedFile("stairs.png", picture.getvalue()))
    return SimpleNamespace(
        town=town,
        members=vars(town) | {"own": town.huanan_contact, "other": town.jiangtan_contact},
        args={
            **work_args(town),
            "public:published": ["lists/"],
            "public:api": [""],
            "public:credit_report": ["AAAA-BBBB-CCCC-DDDD"],
            "desk:request": [reported.pk],
            "desk:request-act": [reported.pk, "answer"],
            "desk:request-slip": [reported.pk],
            "desk:request-photo": [reported.pk, reported.photos.get().pk],
            "desk:request-photo-decide": [reported.photos.get().pk],
            "desk:compound-poster": [reported.compound_id],
            "public:report-compound": ["XP1"],
            "public:ask-proxy": ["XP1"],
            "public:compound-poster": ["XP1"],
            "public:follow": [reported.follow_code],
            "public:follow-photo": [reported.follow_code, reported.photos.get().pk],
            "public:api-request": [reported.code],
            "public:api-confirm": [reported.code],
            "public:api-reopen": [reported.code],
            "public:api-words": [reported.code],
            "public:api-photos": [reported.code],
            "desk:in-post-month": [town.qingchuan.enterprise_id, "2026-09"],
            "desk:in-post-confirm": [town.qingchuan.enterprise_id, "2026-09"],
            "desk:graduate-mentor": [0, "firm"],
            "desk:graduate-mentor-left": [0],
            "desk:evidence": [town.qingchuan.enterprise_id],
            "desk:evidence-add": [town.qingchuan.enterprise_id],
            "desk:slice": [piece.pk],
            "desk:slice-review": [piece.pk],
            "desk:slice-return": [piece.pk],
            "desk:slice-hold": [piece.pk],
            "desk:meeting": [commitment.meeting_id],
            "desk:meeting-submit": [commitment.meeting_id],
            "desk:meeting-accept": [commitment.meeting_id],
            "desk:meeting-return": [commitment.meeting_id],
            "desk:meeting-edit": [town.a1.pk, "2026-10"],
            "desk:meeting-paper": [commitment.meeting_id, "docx"],
            "desk:meeting-add": [commitment.meeting_id],
            "desk:meeting-add-scan": [commitment.meeting_id],
            "desk:meeting-scan": [commitment.meeting_id, scan.pk],
            "desk:meeting-remove-scan": [commitment.meeting_id, scan.pk],
            "desk:commitment": [commitment.pk],
            "desk:commitment-act": [commitment.pk, "answer"],
            "desk:commitment-photo": [commitment.pk, commitment.photos.get().pk],
            "desk:order": [order.pk],
            **council,
            "desk:export": ["commitments", "csv"],
            "desk:export-file": [waiting.pk],
            "desk:export-cancel": [waiting.pk],
            "desk:export-remove": [waiting.pk],
            "desk:report-act": [report.pk, "pause"],
            "desk:order-paper": [order.pk, "docx"],
            "desk:exclusion-decide": [excluded.pk],
            "desk:request-exclude": [asked.pk],
            "desk:notice-open": [Notification.objects.create(user=town.huanan_contact, text="x").pk],
            "desk:entry": [listed.pk],
            "desk:entry-evidence": [listed.pk, put_right.pk],
            "desk:entry-act": [listed.pk, "reply"],
            "desk:follow-up-done": [task.pk],
            "desk:score": [card.pk],
            "desk:score-facts": [card.pk, run.period.rubric.items.first().code],
            "desk:score-object": [card.pk],
            "desk:score-bundle": [card.pk],
            "desk:score-inspection": [card.pk, (seen := one_inspection(card)).pk],
            "desk:score-inspection-photo": [card.pk, seen.pk, seen.photos.get().pk],
            "desk:so-far-project": [town.qingchuan.pk],
        },
    )


def one_inspection(card: Scorecard) -> Inspection:
    """An inspection that counted for the card."""
    compound = Compound.objects.filter(assignments__contract__project=card.project).first()
    found = Inspection.objects.create(
        project=card.project, compound=compound, inspected_on=dt.date(2026, 9, 1), recorded_by="x"
    )
    InspectionMark.objects.create(inspection=found, scheme="on_site", item="保洁", mark=8, full_mark=10)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "PNG")
    upload = SimpleUploadedFile("item.png", picture.getvalue())
    attachment = store_attachment(district=card.project.district, upload=upload, acting_user=None)
    InspectionPhoto.objects.create(inspection=found, scheme="on_site", item="保洁", attachment=attachment)
    return found


def one_council(town: SimpleNamespace, photo: SimpleUploadedFile) -> dict[str, list[object]]:
    """Arguments of the council's addresses: a filed meeting, a draft, a topic of the own enterprise, a promise."""
    people = seat(town)
    follow = Follow("更换门禁", "项目经理", dt.date(2026, 10, 30), project_id=town.qingchuan.pk)
    held = dt.date(2026, 10, 11)
    minutes = said(people, 5, resolved(5, follow=follow), held_on=held)
    filed = file(town, convene(town, held_on=held), minutes)
    draft = convene(town, session="morning")
    topic = council_people.propose_topic(
        community=town.a1,
        compound=town.qingchuanli,
        title="公共收益使用",
        proposer="",
        project=town.qingchuan,
        acting_user=town.huanan_contact,
    )
    row = CouncilFollowUp.objects.get()
    row.photo = store_attachment(district=town.district, upload=photo, acting_user=None)
    row.save(update_fields=["photo"])
    resolution = filed.resolutions.get()
    return {
        "desk:council": [filed.pk],
        "desk:council-edit": [draft.pk],
        "desk:council-drop": [filed.pk],
        "desk:council-paper": [filed.pk, "docx"],
        "desk:council-correct": [resolution.pk],
        "desk:council-withdraw": [resolution.pk],
        "desk:council-decide": [topic.pk, "refused"],
        "desk:council-end-term": [people[0].pk],
        "desk:council-follow-up": [row.pk],
        "desk:council-photo": [row.pk],
        "desk:council-act": [row.pk, "finish"],
    }


def test_each_member_gets_the_expected_answer(rows) -> None:
    wrong = []
    for member in sorted(ANYBODY):
        client, signed_in = Client(), member == "anonymous"
        for name, (method, expected) in TABLE.items():
            if not signed_in:
                client.force_login(rows.members[member])
            # A form that was sent may have ended the session.
            signed_in = member == "anonymous" or method == "get"
            with no_stage_is_read(f"{member} at {name}"):
                answer = getattr(client, method)(reverse(name, args=rows.args.get(name, [])))
            got: object = answer.status_code
            if (
                got == MOVED
                and answer["Location"].startswith(reverse("accounts:sign-in"))
                and "next=" in answer["Location"]
            ):
                got = SIGN_IN
            if got != expected[member]:
                wrong.append((name, member, expected[member], got))
    assert wrong == []


def test_what_is_sent_is_not_taken_by_a_plain_link(rows) -> None:
    client = Client()
    client.force_login(rows.town.secretary)
    for name, (method, _expected) in TABLE.items():
        if method == "post" and name.startswith("desk:"):
            assert client.get(reverse(name, args=rows.args.get(name, []))).status_code == NO_GET, name


@pytest.mark.faults  # every list of the desk, for everybody
def test_every_list_of_the_desk_shows_its_files_on_a_page(rows) -> None:
    """Excel, CSV and "Send regularly" stand under each list that is not empty."""
    FormBurden.objects.create(
        district=rows.town.district, form="meeting", month=dt.date(2026, 10, 1), times=1
    )
    hire(rows.town, 901, enterprise=rows.town.qingchuan.enterprise)
    links = {
        name: {reverse("desk:export", args=[name, ending]) for ending in ("xlsx", "csv")}
        | {f"desk%3A{name}&"}
        for name in _LISTS
    }
    pages = [
        name for name, (method, _expected) in TABLE.items() if method == "get" and name.startswith("desk:")
    ]
    client = Client()

    def look(member: str, pages: list[str]) -> None:
        client.force_login(rows.members[member])
        for name in pages:
            # with what is done and past, which some pages leave out at first
            answer = client.get(f"{reverse(name, args=rows.args.get(name, []))}?show=all&days=")
            if answer.status_code == OK and not answer.streaming and "html" in answer["Content-Type"]:
                page = html.unescape(answer.content.decode())
                for wanted in links.values():
                    wanted.difference_update({link for link in wanted if link in page})

    look("clerk", ["desk:exclusions"])
    exclusions.decide_exclusion(
        exclusion=Exclusion.objects.get(pk=rows.args["desk:exclusion-decide"][0]),
        sign=True,
        acting_user=rows.town.clerk,
    )
    rows.members["evaluator"] = rows.town.evaluator
    for member in ("own", "secretary", "clerk", "registrar", "evaluator"):
        look(member, pages)
    assert {name: missing for name, missing in links.items() if missing} == {}
