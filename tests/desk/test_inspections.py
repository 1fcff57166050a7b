"""Inspections at the desk: who finds which page, plans made and drawn, marks sent, lists without a query per row,
the watch over marks, and a day on a phone without a connection."""

import datetime as dt
import io
import re
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from PIL import Image

from evaluations.inspection_watch import flags_of, pair_rows, watch_rows
from evaluations.models import Inspection, InspectionPhoto, InspectionPlan, InspectionRule, InspectionTask
from evaluations.services.inspections import items_of
from redprop.accounts.models import User
from tests.desk.test_council_journey import has_no_faults
from tests.desk.test_journey import small_targets
from tests.evaluations.inspection_cast import DAY, build, confirmed, mark
from tests.evaluations.quarter import inspect
from tests.town import PASSWORD

PAGES = ("inspections", "inspection-plans", "inspection-watch", "inspection-pairs")


@pytest.fixture
def made(cast, settings, tmp_path):
    settings.DEMO = True
    settings.MEDIA_ROOT = tmp_path
    with translation.override("en"):
        yield build(cast)


def as_client(user) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def posted(task, **changes):
    """What the page sends for full marks."""
    data = {"client_key": str(uuid.uuid4()), "inspected_on": DAY.isoformat()}
    for held in items_of(task, DAY).values():
        for item in held.items.all():
            data[f"mark-{item.pk}"] = f"{item.full_mark}"
    return data | changes


def picture():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "grey").save(out, "JPEG")
    out.seek(0)
    out.name = "a.jpg"
    return out


def test_each_role_finds_its_pages(made, cast) -> None:
    plan = confirmed(made)
    task = plan.tasks.filter(inspector=made.free).first()
    pages = {name: reverse(f"desk:{name}") for name in PAGES} | {
        "task": reverse("desk:inspection", args=[task.pk]),
        "plan": reverse("desk:inspection-plan", args=[plan.pk]),
        "drawn": reverse("desk:inspection-drawn", args=[plan.pk]),
    }
    expected = {
        cast.evaluator: set(pages),
        made.free: {"inspections", "task"},
        made.anna: {"inspections"},
        cast.reviewer: {"inspection-watch", "inspection-pairs"},
        cast.publisher: {"inspection-watch", "inspection-pairs"},
        cast.registrar: set(),
        cast.subdistrict_clerk: set(),
        cast.enterprise_contact: set(),
        cast.foreign["inspector"]: {"inspections"},
    }
    for user, open_to in expected.items():
        client = as_client(user)
        found = {name for name, url in pages.items() if client.get(url).status_code == 200}
        assert found == open_to, user
    foreign = as_client(cast.foreign["evaluator"])
    assert foreign.get(pages["plan"]).status_code == 404
    assert foreign.get(pages["task"]).status_code == 404


def test_an_inspector_is_led_to_the_desk_and_told_what_is_due(made) -> None:
    confirmed(made, second_share=Decimal(0))
    client = as_client(made.free)
    answer = client.get(reverse("desk:home"))
    assert "compounds" in answer.content.decode()
    assert reverse("desk:inspections") in answer.content.decode()


def test_a_plan_is_made_drawn_looked_at_and_confirmed_at_the_desk(made, cast) -> None:
    client = as_client(cast.evaluator)
    made_by = {
        "name": "专项检查",
        "period": "2026Q4",
        "frame": "compounds",
        "sample_share": "100",
        "second_share": "25",
        "seed": "20261012",
    }
    answer = client.post(reverse("desk:inspection-plan-new"), made_by | {"sample_size": "3"})
    assert "not both" in answer.content.decode()
    answer = client.post(reverse("desk:inspection-plan-new"), made_by)
    plan = InspectionPlan.objects.get()
    page = reverse("desk:inspection-plan", args=[plan.pk])
    assert answer["Location"] == page
    people = [str(user.pk) for user in (made.free, made.anna, made.bert, made.carl)]
    client.post(page, {"act": "draw", "draw-inspectors": people})
    text = client.get(page).content.decode()
    assert "the seed number draws the same compounds again" in text
    assert InspectionTask.objects.filter(plan=plan).count() == 10
    assert Client().get(reverse("desk:inspections")).status_code == 302
    assert InspectionTask.objects.for_user(made.anna).count() == 0  # nobody is told before it is confirmed
    file = client.get(reverse("desk:export", args=["inspection-drawn", "csv"]) + f"?of={plan.pk}")
    assert b"X1" in b"".join(file.streaming_content) if file.streaming else b"X1" in file.content
    client.post(page, {"act": "confirm"})
    plan.refresh_from_db()
    assert plan.state == "confirmed"
    client.post(page, {"act": "draw", "draw-inspectors": people})
    assert client.get(reverse("desk:inspection-plan-edit", args=[plan.pk])).status_code == 200
    answer = client.post(reverse("desk:inspection-plan-edit", args=[plan.pk]), made_by | {"seed": "1"})
    assert "is confirmed" in answer.content.decode()


def test_marks_and_photos_are_sent_by_a_plain_form_and_shown(made) -> None:
    task = InspectionTask.objects.filter(plan=confirmed(made), compound__code="X1").first()
    client = as_client(task.inspector)
    page = reverse("desk:inspection", args=[task.pk])
    first = items_of(task, DAY)["on_site"].items.all()[0]
    spoiled = posted(task, **{f"mark-{first.pk}": "18.5"})
    answer = client.post(page, spoiled)
    assert answer.status_code == 422
    assert 'value="18.5"' in answer.content.decode()  # what was typed stands there again
    assert not Inspection.objects.filter(task=task).exists()
    answer = client.post(page, spoiled | {f"finding-{first.pk}": "楼道堆物", f"photo-{first.pk}": picture()})
    assert answer.status_code == 302
    text = client.get(page).content.decode()
    assert "楼道堆物" in text
    photo = reverse("desk:inspection-photo", args=[task.pk, InspectionPhoto.objects.get().pk])
    assert photo in text
    assert client.get(photo)["Content-Type"] == "image/jpeg"
    other = made.anna if task.inspector_id != made.anna.pk else made.bert
    assert as_client(other).get(photo).status_code == 404


def test_the_script_is_told_in_words_and_the_same_key_is_taken_once(made) -> None:
    task = InspectionTask.objects.filter(plan=confirmed(made), compound__code="X1").first()
    client = as_client(task.inspector)
    page = reverse("desk:inspection", args=[task.pk])
    data = posted(task)
    missing = dict(list(data.items())[:-1])
    answer = client.post(page, missing, headers={"x-requested-with": "fetch"})
    assert answer.status_code == 422
    assert "Still without a mark" in answer.json()["refused"]
    for _time in range(2):
        answer = client.post(page, data, headers={"x-requested-with": "fetch"})
        assert answer.json()["ok"], answer.content
    assert Inspection.objects.filter(task=task).count() == 1
    answer = client.post(page, posted(task), headers={"x-requested-with": "fetch"})
    assert (answer.status_code, answer.json()["code"]) == (422, "marked")


def test_an_evaluator_hands_over_and_drops_with_a_reason(made, cast) -> None:
    plan = confirmed(made, second_share=Decimal(0))
    task = plan.tasks.filter(subdistrict=cast.subdistrict, inspector=made.bert).first()
    client = as_client(cast.evaluator)
    page = reverse("desk:inspection", args=[task.pk])
    text = client.get(page).content.decode()
    assert f'value="{made.free.pk}"' in text
    assert f'value="{made.anna.pk}"' not in text  # her own subdistrict
    client.post(page, {"act": "hand-over", "hand-over-inspector": made.free.pk, "hand-over-reason": "请假"})
    task.refresh_from_db()
    assert task.inspector == made.free
    client.post(page, {"act": "drop", "drop-reason": "停车场改建"})
    task.refresh_from_db()
    assert task.dropped_reason == "停车场改建"
    assert as_client(made.free).get(page).status_code == 200


def test_no_list_asks_a_query_per_row(made, cast) -> None:
    plan = confirmed(made, second_share=Decimal(100))
    counts = []
    for share in (2, 16):
        for task in plan.tasks.filter(inspection__isnull=True).order_by("is_second", "pk")[:share]:
            mark(task, less=Decimal(1))
        asked = {}
        for name in PAGES:
            client = as_client(cast.evaluator)
            query = "?state=" if name == "inspections" else "?period=2026Q4"
            for _time in range(2):
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(reverse(f"desk:{name}") + query).status_code == 200
            asked[name] = len(queries)
        counts.append(asked)
    assert counts[0] == counts[1]


# The watch


def test_a_marker_who_always_gives_full_marks_stands_out(made) -> None:
    InspectionRule.objects.create(district=made.district, least_n=3, valid_from=DAY)
    for day, (low, high) in enumerate([(70, 100), (80, 100), (90, 100), (60, 100)], 1):
        inspect(made.projects[0], made.compounds[0], low, day=dt.date(2026, 10, day), inspector=made.bert)
        inspect(made.projects[4], made.compounds[4], high, day=dt.date(2026, 10, day), inspector=made.anna)
    quarter = (dt.date(2026, 10, 1), dt.date(2026, 12, 31))
    rows, total = watch_rows(made.district, *quarter, scheme="on_site", by="marker")
    by_name = {row["inspector"]: row for row in rows}
    # 70, 80, 90, 60: mean 75, squares 25 + 25 + 225 + 225 = 500, /3 = 166.67, root 12.91
    assert (by_name["bert"]["n"], by_name["bert"]["mean"], by_name["bert"]["spread"]) == (
        4,
        Decimal("75.00"),
        Decimal("12.91"),
    )
    assert by_name["anna"]["full_share"] == 100
    assert (total["n"], total["full_share"], total["mean"]) == (8, 50, Decimal("87.50"))
    rule = InspectionRule.objects.get()
    with translation.override("en"):
        assert flags_of(by_name["anna"], total, rule) == [
            "often full marks",
            "high mean",
            "hardly any spread",
        ]
        assert flags_of(by_name["bert"], total, rule) == []
        rule.least_n = 5
        assert flags_of(by_name["anna"], total, rule) == []
    streets, _total = watch_rows(made.district, *quarter, scheme="on_site", by="subdistrict")
    assert [(row["subdistrict"], row["n"]) for row in streets] == [
        (made.cast.subdistrict.name, 4),
        (made.cast.other_subdistrict.name, 4),
    ]
    both, _total = watch_rows(made.district, *quarter, scheme="on_site", by="both")
    assert len(both) == 2


def test_second_markings_are_compared_compound_by_compound(made, cast) -> None:
    plan = confirmed(made)
    second = plan.tasks.filter(is_second=True).first()
    mark(plan.tasks.get(compound=second.compound_id, is_second=False), less=Decimal(10))
    mark(second, less=Decimal(2))
    (row,) = pair_rows(made.district, DAY, DAY, scheme="on_site")
    assert (row["first_reached"], row["second_reached"], row["difference"]) == (90, 98, 8)
    text = as_client(cast.evaluator).get(reverse("desk:inspection-pairs") + "?period=2026Q4").content.decode()
    assert second.compound.name in text
    assert "8" in text
    file = as_client(cast.evaluator).get(
        reverse("desk:export", args=["inspection-watch", "csv"]) + "?period=2026Q4"
    )
    content = b"".join(file.streaming_content) if file.streaming else file.content
    assert "90" in content.decode("utf-8-sig")


# On a phone


@pytest.mark.browser
def test_a_compound_is_marked_without_a_connection_and_sent_when_it_is_back(
    transactional_db, cast, settings, tmp_path, open_desk
) -> None:
    settings.DEMO = True
    settings.MEDIA_ROOT = tmp_path
    made = build(cast)
    made.free.set_password(PASSWORD)
    made.free.save()
    plan = confirmed(made)
    tasks = list(plan.tasks.filter(inspector=made.free).order_by("planned_on", "pk"))
    task = tasks[0]
    page = open_desk("inspector", bypass_csp=True)
    page.goto(reverse("desk:inspections"))
    assert has_no_faults(page)
    # The service worker keeps the pages of the coming days: they open without a connection.
    page.wait_for_selector("#kept-pages:not([hidden])")
    kept = page.evaluate(
        "caches.open('redprop-inspections-1').then(s => s.keys()).then(k => k.map(r => r.url))"
    )
    assert any(url.endswith(reverse("desk:inspection", args=[task.pk])) for url in kept)
    assert any("inspect" in url and url.endswith(".js") for url in kept)

    # The browser's switch for "offline" does not reach a service worker's page, so the rest goes without one.
    page = open_desk("inspector", bypass_csp=True, service_workers="block")
    page.goto(reverse("desk:inspection", args=[task.pk]))
    assert has_no_faults(page)
    assert small_targets(page) == []
    items = page.locator("[data-item]")
    page.context.set_offline(True)
    first = items.first
    first.locator("[data-full]").click()
    first.locator("[data-step='-1']").click()
    first.locator("input[type=text]").fill("二单元楼道堆物")
    first.locator("input[type=file]").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture().getvalue()}
    )
    page.wait_for_selector(".thumb")
    page.locator(".marking .btn-primary").click()
    assert page.locator("[data-error]:not([hidden])").count() == items.count() - 1  # what is missing is named
    page.locator("[data-state]").filter(has_text=re.compile("本机|device")).wait_for()

    # Closed and opened again: everything is there, photo and all.
    page.context.set_offline(False)
    page.goto(reverse("desk:inspections"))
    assert page.locator("#outbox a").inner_text() == task.compound.name
    page.goto(reverse("desk:inspection", args=[task.pk]))
    page.wait_for_selector(".thumb")
    assert page.locator("[data-item] input[type=number]").first.input_value() == "19"
    assert has_no_faults(page)

    page.context.set_offline(True)
    for place in range(1, items.count()):
        items.nth(place).locator("[data-full]").click()
    page.locator(".marking .btn-primary").click()
    page.locator("[data-state].save-state-loud").wait_for()
    assert not Inspection.objects.filter(task=task).exists()
    page.context.set_offline(False)
    page.wait_for_url("**/?sent=1")
    found = Inspection.objects.get(task=task)
    assert (found.task, found.inspector) == (task, User.objects.get(username="inspector"))
    lost = found.marks.get(finding="二单元楼道堆物")
    assert lost.mark == 19
    assert InspectionPhoto.objects.get().item == lost.item
    assert has_no_faults(page)
    page.goto(reverse("desk:inspections"))
    page.wait_for_selector("#outbox", state="attached")
    assert page.locator("#outbox").is_hidden()
