"""Pages of the desk: who reaches them, what they show, and that their queries do not grow with the rows."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from communities.models import Commitment, JointMeeting
from communities.services import commitments, exclusions, extensions, meetings, requests, supervision
from redprop.common.periods import Period
from redprop.core.models import Notification
from tests.town import a_promise, filed, minutes

MEMBERS = [
    "secretary",
    "other_secretary",
    "clerk",
    "other_clerk",
    "registrar",
    "huanan_contact",
    "jiangtan_contact",
]


@pytest.fixture
def as_user(town):
    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(getattr(town, name))
        return client

    return sign_in


def edit_url(town, community=None, month="2026-10"):
    return reverse("desk:meeting-edit", args=[(community or town.a1).pk, month])


def test_without_signing_in_every_page_leads_to_the_sign_in(town, client) -> None:
    meeting = filed(town, a_promise(town.qingchuan))
    commitment = meeting.commitments.get()
    for url in (
        reverse("desk:home"),
        reverse("desk:meetings"),
        reverse("desk:meeting", args=[meeting.pk]),
        edit_url(town),
        reverse("desk:commitments"),
        reverse("desk:commitment", args=[commitment.pk]),
    ):
        answer = client.get(url)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("accounts:sign-in"))


def test_a_form_sent_after_the_session_ended_leads_back_to_its_own_page(town, client) -> None:
    commitment = filed(town, a_promise(town.qingchuan)).commitments.get()
    page = reverse("desk:commitment", args=[commitment.pk])
    act = reverse("desk:commitment-act", args=[commitment.pk, "answer"])
    for referer, target in (
        (f"http://testserver{page}", page),
        ("https://elsewhere.example/x/", reverse("desk:home")),
        ("", reverse("desk:home")),
    ):
        answer = client.post(act, {"text": "修好了"}, headers={"referer": referer})
        location = reverse("accounts:sign-in") + f"?next={target}"
        assert (answer.status_code, answer["Location"]) == (302, location)


# By hand from design section 1: own community, own subdistrict, own enterprise, the whole district.
REACH = {
    "meeting": {"secretary": 200, "clerk": 200, "registrar": 200},
    "commitment": {"secretary": 200, "clerk": 200, "registrar": 200, "huanan_contact": 200},
    "edit": {"secretary": 302},  # filed minutes lead to the page that shows them
}


@pytest.mark.parametrize("member", MEMBERS)
def test_another_one_s_address_is_not_found(town, as_user, member) -> None:
    meeting = filed(town, a_promise(town.qingchuan))
    urls = {
        "meeting": reverse("desk:meeting", args=[meeting.pk]),
        "commitment": reverse("desk:commitment", args=[meeting.commitments.get().pk]),
        "edit": edit_url(town),
    }
    for name, url in urls.items():
        assert as_user(member).get(url).status_code == REACH[name].get(member, 404), name


@pytest.mark.parametrize("month", ["2026-11", "2026Q3", "nonsense"])
def test_a_month_that_cannot_be_filed_is_not_found(town, as_user, month) -> None:
    assert as_user("secretary").get(edit_url(town, month=month)).status_code == 404


@pytest.mark.parametrize("member", ["other_secretary", "clerk", "jiangtan_contact"])
def test_acting_for_another_changes_nothing(town, as_user, member) -> None:
    commitment = filed(town, a_promise(town.qingchuan)).commitments.get()
    for step in ("answer", "confirm", "reopen"):
        as_user(member).post(reverse("desk:commitment-act", args=[commitment.pk, step]), {"text": "x"})
    commitment.refresh_from_db()
    assert commitment.state == "open"


def test_home_tells_the_secretary_which_months_are_owed(town, as_user) -> None:
    page = as_user("secretary").get(reverse("desk:home"))
    owed = [(o.due_on, o.light) for o in page.context["owed"]]
    # 2026-09 was due 2026-10-10 (a worked Saturday: 8, 9, 10 October), October is due 2026-11-04.
    assert owed == [(dt.date(2026, 10, 10), "red"), (dt.date(2026, 11, 4), "green")]


def test_home_follows_a_promise_from_one_desk_to_the_next(town, as_user) -> None:
    def owed(member):
        return [o.url for o in as_user(member).get(reverse("desk:home")).context["owed"]]

    meeting = filed(town, a_promise(town.qingchuan), accept=False)
    commitment = meeting.commitments.get()
    promise_url = reverse("desk:commitment", args=[commitment.pk])
    assert owed("clerk") == [reverse("desk:meeting", args=[meeting.pk])]
    assert owed("other_clerk") == owed("jiangtan_contact") == []
    assert owed("huanan_contact") == [promise_url]
    meetings.accept_meeting(meeting=meeting, acting_user=town.clerk)
    commitments.answer_commitment(commitment=commitment, text="已修", acting_user=town.huanan_contact)
    assert owed("huanan_contact") == owed("clerk") == []
    assert promise_url in owed("secretary")
    commitments.confirm_commitment(commitment=commitment, acting_user=town.secretary)
    assert promise_url not in owed("secretary")


def test_home_tells_the_clerk_what_to_chase(town, as_user) -> None:
    september = Period.parse("2026-09")
    promise = a_promise(town.qingchuan, due_on=dt.date(2026, 10, 20))
    saved = meetings.save_meeting(
        community=town.a1,
        month=september,
        minutes=minutes(town, promise, held_on=dt.date(2026, 9, 20)),
        version=None,
        acting_user=town.secretary,
    )
    meetings.submit_meeting(meeting=saved, acting_user=town.secretary)
    # September was due 10 October: community a2 is late. The promise was due yesterday.
    assert [c.count for c in as_user("clerk").get(reverse("desk:home")).context["chase"]] == [1, 1, 0]
    assert [c.count for c in as_user("other_clerk").get(reverse("desk:home")).context["chase"]] == [1, 0, 0]
    # The secretary sees the own community's: no request waits, one promise is overdue and nothing falls due soon.
    page = as_user("secretary").get(reverse("desk:home"))
    assert [c.count for c in page.context["chase"]] == [0, 1]
    assert page.context["deadlines"] == []


def form_of(page) -> dict[str, object]:
    """The fields a browser would send for this page's form, unchanged."""
    forms, data = page.context["forms"], {}
    for formset in (forms.attendees, forms.problems, forms.promises):
        for field in formset.management_form:
            data[field.html_name] = field.value()
    for form in (forms.head, *forms.attendees, *forms.problems, *forms.promises):
        for field in form:
            value = field.value()
            if value not in (None, False, ""):
                data[field.html_name] = str(value)
    return data


def test_a_month_without_news_needs_no_more_than_six_typed_fields(town, as_user) -> None:
    client = as_user("secretary")
    data = form_of(client.get(edit_url(town)))
    answer = client.post(edit_url(town), data | {"nothing_new": "on", "action": "submit"})
    meeting = JointMeeting.objects.get()
    assert answer["Location"] == reverse("desk:meeting", args=[meeting.pk]) + "?filed=1"
    assert (meeting.state, meeting.chair, meeting.held_on) == ("submitted", "周书记", dt.date(2026, 10, 21))
    assert meeting.attendance.filter(kind="present").count() == 6  # two projects, four usual units


def test_place_and_people_come_from_the_month_before(town, as_user) -> None:
    september = Period.parse("2026-09")
    before = minutes(town, held_on=dt.date(2026, 9, 20), place="红色驿站", topics="x")
    saved = meetings.save_meeting(
        community=town.a1, month=september, minutes=before, version=None, acting_user=town.secretary
    )
    meetings.submit_meeting(meeting=saved, acting_user=town.secretary)
    forms = as_user("secretary").get(edit_url(town)).context["forms"]
    assert forms.head["place"].value() == "红色驿站"
    assert [str(f.label) for f in forms.attendees if f.is_usual] == ["晴川里项目", "江滩里项目", "社区民警"]


def test_last_month_s_open_items_appear_by_themselves(town, as_user) -> None:
    september = Period.parse("2026-09")
    promise = a_promise(town.qingchuan, due_on=dt.date(2026, 10, 9))
    saved = meetings.save_meeting(
        community=town.a1,
        month=september,
        minutes=minutes(town, promise, held_on=dt.date(2026, 9, 20)),
        version=None,
        acting_user=town.secretary,
    )
    meetings.submit_meeting(meeting=saved, acting_user=town.secretary)
    [(item, light)] = as_user("secretary").get(edit_url(town)).context["items"]
    assert (item.commitment.problem, light) == ("3栋电梯常停", "red")


def with_promise(town, data, number=0, **changes):
    fields = {
        "where": f"{town.qingchuan.pk}:{town.qingchuan.contracts.get().assignments.get().compound_id}",
        "problem": "路灯不亮",
        "promise": "更换灯具",
        "responsible_post": "工程主管",
        "due_on": "2026-10-30",
        **changes,
    }
    rows = {f"promises-{number}-{name}": value for name, value in fields.items()}
    return data | rows | {"promises-TOTAL_FORMS": number + 1}


def test_promises_are_filed_with_the_minutes(town, as_user) -> None:
    client = as_user("secretary")
    data = with_promise(town, form_of(client.get(edit_url(town))))
    data = with_promise(town, data, 1, problem="垃圾清运不及时")
    client.post(edit_url(town), data | {"action": "submit"})
    meeting = JointMeeting.objects.get()
    assert [c.problem for c in meeting.commitments.order_by("pk")] == ["路灯不亮", "垃圾清运不及时"]


def test_a_mistake_keeps_everything_that_was_typed(town, as_user) -> None:
    client = as_user("secretary")
    data = with_promise(town, form_of(client.get(edit_url(town))), due_on="", problem="漏水")
    answer = client.post(edit_url(town), data | {"action": "submit"})
    assert answer.status_code == 302  # no page is the answer to a POST: one could not go back to it
    page = client.get(answer["Location"])
    assert "漏水" in page.content.decode()
    assert page.context["forms"].promises.total_error_count() == 1
    assert not JointMeeting.objects.exists()


def test_another_row_without_javascript_keeps_what_was_typed(town, as_user) -> None:
    client = as_user("secretary")
    data = with_promise(town, form_of(client.get(edit_url(town))), due_on="", problem="漏水")
    page = client.post(edit_url(town), data | {"action": "add-promises"}, follow=True)
    rows = page.context["forms"].promises
    assert [f["problem"].value() for f in rows] == ["漏水", None]
    assert not page.context["forms"].head.is_bound


def test_the_device_saves_a_draft_and_a_second_device_is_told(town, as_user) -> None:
    client = as_user("secretary")
    data = with_promise(town, form_of(client.get(edit_url(town)))) | {"action": "draft"}
    silent = {"X-Requested-With": "fetch"}
    first = client.post(edit_url(town), data, headers=silent)
    key = Commitment.objects.get().pk
    assert first.json() == {"stamp": 1, "masked": {}, "keys": {"promises-0-pk": key}}
    again = client.post(edit_url(town), data | {"stamp": 1, "place": "甲"}, headers=silent)
    assert again.json()["stamp"] == 2
    assert Commitment.objects.count() == 1  # the same promise, not a second one
    late = client.post(edit_url(town), data | {"stamp": 1, "place": "乙"}, headers=silent)
    assert (late.status_code, late.json()["code"]) == (409, "saved-elsewhere")
    assert JointMeeting.objects.get().place == "甲"


def test_the_clerk_returns_with_a_reason_and_the_secretary_sees_it(town, as_user) -> None:
    meeting = filed(town, accept=False)
    as_user("clerk").post(reverse("desk:meeting-return", args=[meeting.pk]), {"reason": "缺网格员签到"})
    home = as_user("secretary").get(reverse("desk:home"))
    assert any("缺网格员签到" in o.more for o in home.context["owed"])
    assert "缺网格员签到" in as_user("secretary").get(edit_url(town)).content.decode()


def test_the_board_counts_who_filed_on_time(town, as_user) -> None:
    filed(town)
    page = as_user("clerk").get(reverse("desk:meetings"), {"month": "2026-10"})
    assert (len(page.context["rows"]), page.context["filed"], page.context["on_time"]) == (2, 1, 1)
    other = as_user("other_clerk").get(reverse("desk:meetings"), {"month": "2026-10"})
    assert [str(r["community"]) for r in other.context["rows"]] == ["乙一社区"]


@pytest.mark.parametrize("path", ["home", "commitments", "meeting", "edit"])
def test_queries_do_not_grow_with_the_rows(town, as_user, django_assert_max_num_queries, path) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def promised(count):
        return [a_promise(town.qingchuan, problem=f"问题{i}") for i in range(count)]

    september = Period.parse("2026-09")
    meeting = meetings.save_meeting(
        community=town.a1,
        month=september,
        minutes=minutes(town, *promised(2), held_on=dt.date(2026, 9, 20)),
        version=None,
        acting_user=town.secretary,
    )
    meeting = meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    url = {
        "home": reverse("desk:home"),
        "commitments": reverse("desk:commitments"),
        "meeting": reverse("desk:meeting", args=[meeting.pk]),
        "edit": edit_url(town),
    }[path]
    client = as_user("huanan_contact" if path in ("home", "commitments") else "secretary")
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url)
    Commitment.objects.bulk_create(
        Commitment(
            meeting=meeting,
            project=town.tanli if i % 2 else town.qingchuan,
            problem=f"又{i}",
            promise="办",
            responsible_post="经理",
            made_on=meeting.held_on,
            first_due_on=dt.date(2026, 10, 30),
            due_on=dt.date(2026, 10, 30),
        )
        for i in range(25)
    )
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few)


def test_a_promise_goes_through_time_parts_order_and_exclusion_at_the_desk(client, town) -> None:
    promise = filed(town, a_promise(town.qingchuan), a_promise(town.qingchuan, problem="二")).commitments
    first, second = promise.order_by("pk")

    def post(user, commitment, step, **words):
        client.force_login(user)
        answer = client.post(f"/desk/commitments/{commitment.pk}/{step}/", words, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()

    page = post(town.huanan_contact, first, "ask-time", due_on="2026-11-13", text="等配件")
    assert "延期" in page
    asked = first.extensions.get()
    client.force_login(town.secretary)
    assert "等配件" in client.get("/desk/").content.decode()  # owed by the secretary
    post(town.secretary, first, "grant-time", row=asked.pk)
    post(town.secretary, first, "add-part", unit="供电所", text="配合断电", due_on="2026-11-01")
    post(town.secretary, first, "confirm")
    first.refresh_from_db()
    assert (str(first.due_on), first.state) == ("2026-11-13", "open")
    post(town.secretary, first, "finish-part", row=first.parts.get().pk, text="已断电")
    post(town.clerk, first, "order", colour="yellow", text="进展不力")
    post(town.huanan_contact, first, "reply", row=first.orders.get().pk, text="周五到货")
    client.force_login(town.clerk)
    assert "周五到货" in client.get(f"/desk/orders/{first.orders.get().pk}/").content.decode()
    post(town.secretary, second, "exclude", reason="against_law", text="要求拆承重墙")
    assert "要求拆承重墙" in client.get("/desk/exclusions/").content.decode()
    post(town.clerk, second, "sign-exclusion", row=second.exclusions.get().pk)
    post(town.secretary, first, "confirm")
    states = [promise.get(pk=one.pk).state for one in (first, second)]
    assert states == ["confirmed", "excluded"]


def test_an_unreasonable_request_leaves_scoring_with_a_second_signature_on_one_page(client, town) -> None:
    compound = town.qingchuan.contracts.get().assignments.get().compound
    asked, other = (
        requests.record_request(
            compound=compound,
            source="call",
            category="repair",
            text=text,
            received_on=dt.date(2026, 10, 20),
            acting_user=None,
        )
        for text in ("要求拆承重墙", "路灯不亮")
    )
    client.force_login(town.secretary)
    assert (
        f"/desk/exclusions/requests/{asked.pk}/" in client.get(f"/desk/requests/{asked.pk}/").content.decode()
    )
    page = client.post(
        f"/desk/exclusions/requests/{asked.pk}/",
        {"reason": "against_law", "text": "承重墙，见 13800138000"},
        follow=True,
    ).content.decode()
    # The secretary is told that the number was masked, and reads the rest as typed.
    assert "已隐去" in page
    assert "承重墙，见 138****8000" in page
    row = asked.exclusions.get()
    assert f"/desk/exclusions/{row.pk}/decide/" not in page  # whoever asked does not sign
    client.post(f"/desk/exclusions/{row.pk}/decide/", {"do": "sign"})
    row.refresh_from_db()
    assert row.state == "asked"
    assert Notification.objects.filter(user=town.clerk, text__contains=asked.code).exists()
    client.force_login(town.clerk)
    assert asked.code in client.get("/desk/").content.decode()
    page = client.post(
        f"/desk/exclusions/{row.pk}/decide/", {"do": "keep", "text": ""}, follow=True
    ).content.decode()
    row.refresh_from_db()
    assert row.state == "asked"  # a refusal needs its reason
    client.post(f"/desk/exclusions/{row.pk}/decide/", {"do": "sign"})
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("signed", town.clerk)
    share = exclusions.shares([town.a1, town.a2], Period.parse("2026-10"), Period.parse("2026-10"))
    # Two requests of community a1, one of them left out: half. Community a2 had none.
    assert [(s.community, s.requests, s.excluded_requests, s.percent_of_requests) for s in share] == [
        (town.a1, 2, 1, 50.0)
    ]
    assert other.exclusions.count() == 0


def photo(name="lift.png", size=(1200, 800)) -> SimpleUploadedFile:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0110] = "Phone of Mr X"
    Image.new("RGB", size, "white").save(out, "JPEG", exif=exif)
    return SimpleUploadedFile(name, out.getvalue())


def test_photos_go_with_an_answer_and_with_not_fixed(client, town, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    promise = filed(town, a_promise(town.qingchuan)).commitments.get()
    at = f"/desk/commitments/{promise.pk}/"
    client.force_login(town.huanan_contact)
    client.post(f"{at}answer/", {"text": "已更换主板", "photos": [photo("前.jpg"), photo("后.jpg")]})
    client.force_login(town.secretary)
    page = client.get(at).content.decode()
    first = promise.photos.first()
    assert page.count(f'src="{at}photos/{first.pk}/"') == 2  # beside the question, and in the history
    answer = client.get(f"{at}photos/{first.pk}/")
    content = b"".join(answer.streaming_content)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert b"Mr X" not in content
    client.post(f"{at}reopen/", {"text": "又停了", "photos": photo()})
    assert [step.photos.count() for step in promise.steps.all()] == [0, 2, 1]


def test_a_refused_answer_keeps_its_words_and_changes_nothing(client, town, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    promise = filed(town, a_promise(town.qingchuan)).commitments.get()
    at = f"/desk/commitments/{promise.pk}/"
    client.force_login(town.huanan_contact)
    for photos in (
        [SimpleUploadedFile("x.jpg", b"MZ not a picture")],
        [photo() for _number in range(7)],
    ):
        page = client.post(
            f"{at}answer/", {"text": "已更换主板，见照片", "photos": photos}, follow=True
        ).content.decode()
        assert "message-error" in page
        assert ">已更换主板，见照片</textarea>" in page
    promise.refresh_from_db()
    assert (promise.state, promise.photos.count()) == ("open", 0)


def test_numbers_of_persons_in_an_answer_are_masked_and_one_is_told(client, town) -> None:
    promise = filed(town, a_promise(town.qingchuan)).commitments.get()
    client.force_login(town.huanan_contact)
    page = client.post(
        f"/desk/commitments/{promise.pk}/answer/", {"text": "找王师傅 13800138000"}, follow=True
    ).content.decode()
    promise.refresh_from_db()
    assert promise.answer == "找王师傅 138****8000"
    assert "已隐去" in page


@pytest.mark.parametrize(
    ("day", "issuer"), [("2026-10-28", "甲街道蓝色督办单"), ("2026-11-06", "示例区红色督办单")]
)
def test_an_order_is_printed_as_an_official_paper(client, town, day, issuer) -> None:
    promise = filed(town, a_promise(town.qingchuan)).commitments.get()
    town.district.clock = dt.datetime.fromisoformat(f"{day}T02:00:00+00:00")
    town.district.save()
    supervision.issue_orders(district=town.district)
    order = promise.orders.last()
    client.force_login(town.huanan_contact)
    page = client.get(f"/desk/orders/{order.pk}/").content.decode()
    for words in (issuer, "督〔2026〕", "华楠物业：", "3栋电梯常停", "2026年10月30日"):
        assert words in page
    for form, start in (("docx", b"PK"), ("pdf", b"%PDF")):
        answer = client.get(f"/desk/orders/{order.pk}/order.{form}")
        assert answer.content.startswith(start)
        assert "attachment" in answer.headers["Content-Disposition"]


def test_a_row_of_another_commitment_is_not_found(client, town) -> None:
    first, second = filed(
        town, a_promise(town.qingchuan), a_promise(town.qingchuan, problem="二")
    ).commitments.order_by("pk")
    extension = extensions.ask_extension(
        commitment=second,
        wanted_until=dt.date(2026, 11, 13),
        reason="等配件",
        acting_user=town.huanan_contact,
    )
    client.force_login(town.secretary)
    answer = client.post(f"/desk/commitments/{first.pk}/grant-time/", {"row": extension.pk})
    assert answer.status_code == 404


def test_a_demand_without_a_day_or_a_reason_gets_a_sentence_and_changes_nothing(client, town) -> None:
    promise = filed(town, a_promise(town.qingchuan)).commitments.get()
    client.force_login(town.secretary)
    for step, words in (
        ("extend", {"due_on": "2026-02-30", "text": "x"}),
        ("exclude", {"reason": "", "text": "x"}),
        ("add-part", {"unit": "字" * 101, "text": "x", "due_on": "2026-11-01"}),
        ("reopen", {"text": "不是一句能办的话"}),
    ):
        answer = client.post(f"/desk/commitments/{promise.pk}/{step}/", words, follow=True)
        assert "message-error" in answer.content.decode(), step
    promise.refresh_from_db()
    assert (promise.state, promise.steps.count()) == ("open", 1)
