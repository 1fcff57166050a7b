"""Nobody but the organisation department finds a trace of a member's stage: pages, files, search, history, interface.

The tables of addresses (`tests/access`, `tests/test_url_table.py`) watch that no page of another role
reads the table at all; here a marked stage is looked for in what is sent.
"""

import csv
import datetime as dt
import io
import re
import zipfile
from contextlib import suppress

import openpyxl
import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse

from enterprises.models import (
    Graduate,
    PartyCoverage,
    PartyOrganisation,
    PartyPost,
    PartyStage,
    Post,
    StageRule,
)
from enterprises.party_figures import FIGURES, PAGES
from enterprises.services.development import record_step, save_stage, steps_due
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.core.models import ImportBatch, Person
from redprop.core.services.people import set_id_number
from tests.access.table import PAGES as BESIDES
from tests.access.table import REGISTERS
from tests.stages import no_stage_is_read
from tests.test_url_table import TABLE
from tests.town import START, build_town, posted

MARKED = dt.date(1949, 2, 3)
TRACES = (
    "1949-02-03",
    "1949-2-3",
    "1949年2月3",
    "1949/2/3",
    "1949.2.3",
    "17932",
    "发展对象",
)
"""The day in all its forms (also Excel's number), and the word for the stage."""

OTHERS = [role for role in Role.values if role != Role.ORGANISATION]
IN_AREAS = (Role.SUBDISTRICT_CLERK, Role.COMMUNITY_SECRETARY, Role.ENTERPRISE_CONTACT)


@pytest.fixture
def town(db, settings, tmp_path):
    settings.DEMO = True
    settings.PUBLISHED_ROOT = tmp_path
    town = build_town()
    person = Person.objects.create(district=town.district, code="RY1", name="记号生", pinyin="jihaosheng jhs")
    Post.objects.create(person=person, enterprise=town.huanan, kind="management", valid_from=START)
    Graduate.objects.create(person=person, degree="master", graduated_on=dt.date(2019, 6, 30))
    branch = PartyOrganisation.objects.create(
        district=town.district,
        code="DZ1",
        name="华楠支部",
        kind="branch",
        form="single",
        founded_on=START,
    )
    PartyCoverage.objects.create(organisation=branch, enterprise=town.huanan, valid_from=START)
    PartyPost.objects.create(organisation=branch, person=person, kind="secretary", valid_from=START)
    stage = PartyStage.objects.create(person=person, stage="development_target", valid_from=MARKED)
    town.organisation = posted("zzb", "组织", "organisation_department", town.district)
    town.organisation.is_staff = True
    town.organisation.save()
    town.registrar.is_staff = True
    town.registrar.save()
    # A change, so that history and the audit trail have something to tell.
    stage.valid_to = dt.date(2026, 1, 1)
    stage.save()
    town.person, town.stage, town.branch = person, stage, branch
    return town


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def everybody_else(town):
    """One user of each other role, and one who holds all the staff's other roles at once."""
    users = {}
    staff = [role for role in OTHERS if role not in IN_AREAS and "administrator" not in role]
    union = posted("all", "全", staff[0], town.district)
    for role in staff[1:]:
        Posting.objects.create(user=union, role=role, district=town.district, valid_from=START)
    users["all staff roles"] = union
    for role in ("system_administrator", "security_administrator", "audit_administrator"):
        users[role] = posted(role[:12], role, role, town.district)
    users |= {"clerk": town.clerk, "secretary": town.secretary, "contact": town.huanan_contact}
    User.objects.exclude(pk__in=[town.secretary.pk, town.huanan_contact.pk]).update(is_staff=True)
    return {who: User.objects.get(pk=user.pk) for who, user in users.items()}


def pages_of(label):
    """The pages of a register that need no row: list, form, file."""
    name = f"admin:{label.replace('.', '_')}"
    found = [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
    with suppress(NoReverseMatch):  # a model without lists
        found.append(reverse(f"{name}_export", args=["list", "csv"]))
    return found


def addresses(town):
    """Every page of the admin that needs no row, those of the marked person, and the figures with their files."""
    found = []
    for model in admin.site._registry:
        found += pages_of(model._meta.label_lower)
    rows = (town.person, town.stage, town.branch, town.person.posts.get(), town.person.graduate)
    for row in (*rows, town.huanan):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        found += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")]
    base = "admin:enterprises_partyorganisation"
    for page in PAGES:
        found += [reverse(f"{base}_figures", args=[page])]
        found += [reverse(f"{base}_figures_file", args=[page, "csv"])]
    for code in FIGURES:
        found += [reverse(f"{base}_rows_file", args=[code, "csv"])]
    found += [reverse(f"{base}_rows", args=[code]) for code in list(FIGURES)[:3]]
    lookup = "app_label=enterprises&model_name=post&field_name=person&term=记"
    found += [
        reverse("admin:index"),
        f"{reverse('admin:search')}?s=记号",
        f"{reverse('admin:autocomplete')}?{lookup}",
        reverse("admin:core_person_doubles"),
    ]
    for name, page in BESIDES.items():
        if page.method == "get" and not page.row and page.answer == 200:
            address = reverse(name, args=page.args) + (f"?{page.query}" if page.query else "")
            found += [address] if address not in found else []
    return [*found, *outside()]


def outside():
    """The pages beside the admin that need no row: the desk, the public pages, the interface."""
    found = ["/find/?q=记号"]
    for name, (method, _answers) in TABLE.items():
        if method == "get":
            with suppress(NoReverseMatch):  # a page of a row
                found.append(reverse(name))
    return found


def text_of(response):
    """What was sent, with the cells of a workbook or the words of a document as text."""
    content = b"".join(response) if response.streaming else response.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "word/document.xml" in archive.namelist():
                return re.sub("<[^>]+>", "", archive.read("word/document.xml").decode())
        book = openpyxl.load_workbook(io.BytesIO(content))
        return " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    return content.decode("utf-8", "replace")


def holders(town):
    """Who reads what: all staff roles at once every file, figure and page of the person; the others their own.

    A list is read as its file: the same rows and columns without the frame of the page. The page itself is
    called for each role in `tests/access`, where no statement may name the table.
    """
    others = everybody_else(town)
    lists = {page for model in admin.site._registry for page in pages_of(model._meta.label_lower)}
    files = {page for page in lists if page.endswith("csv")}
    pages = [page for page in addresses(town) if page in files or page not in lists]
    read = {"all staff roles": pages, "contact": outside(), "clerk": outside()}
    for role in ("system_administrator", "security_administrator", "audit_administrator"):
        own = [label for label, register in REGISTERS.items() if role in register.sees.split()]
        read[role] = [page for label in own for page in pages_of(label) if page.endswith("csv")]
    return [(who, others[who], found) for who, found in read.items()]


def traces(readers):
    """Who found which trace where, and how many pages were read."""
    wrong, seen = [], 0
    for who, user, pages in readers:
        client = signed_in(user)
        for page in pages:
            with no_stage_is_read(f"{who} at {page}"):
                response = client.get(page)
                if response.status_code != 200:
                    continue
                text = text_of(response)
            seen += 1
            # Posts of the organisation may name the word in a filter or help; the day is the person's alone.
            wrong += [(who, page, trace) for trace in TRACES if trace in text]
    return wrong, seen


def test_no_other_role_finds_a_trace_in_what_is_sent(town, settings):
    """Every page that any other role may open, read by one who may; the menu, the same on each, is read once."""
    menu = reverse("admin:index")
    readers = holders(town)
    wrong, _seen = traces([(who, user, [menu]) for who, user, _pages in readers])  # with the whole menu
    settings.UNFOLD = {**settings.UNFOLD, "SIDEBAR": {"navigation": []}}
    more, seen = traces(readers)
    assert wrong + more == []
    assert seen > 200


@pytest.mark.faults
def test_no_role_finds_a_trace_on_any_page_with_its_menu_and_workbooks(town):
    """The whole matrix: every other role at every address, in minutes."""
    pages = addresses(town)
    books = [page.replace(".csv", ".xlsx") for page in pages if page.endswith(".csv")]
    wrong, seen = traces([(who, user, pages + books) for who, user in everybody_else(town).items()])
    assert wrong == []
    assert seen > 1000


def test_the_organisation_department_finds_it(town):
    client = signed_in(town.organisation)
    page = reverse("admin:enterprises_partystage_change", args=[town.stage.pk])
    assert "1949-02-03" in client.get(page).content.decode()


def test_no_stage_leaves_by_import_or_template(town):
    """There is no register of stages: no file of them comes in, so none lies about for other importers."""
    from redprop.common.tabular import declare

    assert declare.for_model(PartyStage) is None
    assert not ImportBatch.objects.exists()


def test_history_keeps_that_something_changed_and_not_what(town):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM enterprises_partystageevent")
        columns = {column.name for column in cursor.description}
        kept = str(cursor.fetchall())
    assert not columns & {"stage", "person_id", "valid_from", "valid_to", "extension_months"}
    assert "1949" not in kept


def test_switched_off_the_department_itself_reads_nothing(town, settings):
    settings.PARTY_DEVELOPMENT = False
    client = signed_in(User.objects.get(pk=town.organisation.pk))
    base = "admin:enterprises_partyorganisation"
    with no_stage_is_read("switched off"):
        assert client.get(reverse("admin:enterprises_partystage_changelist")).status_code == 403
        assert client.get(reverse("admin:enterprises_stagerule_changelist")).status_code == 403
        assert client.get(reverse("admin:index")).status_code == 200
        for page in PAGES:
            assert client.get(reverse(f"{base}_figures", args=[page])).status_code == 200
            client.get(reverse(f"{base}_figures_file", args=[page, "csv"]))
        assert client.get(reverse(f"{base}_rows", args=["member_managers"])).status_code == 404
        assert steps_due(town.district, dt.date(2026, 10, 21)) == []
        with pytest.raises(Refused):
            record_step(
                person=town.person,
                stage="full_member",
                on=dt.date(2026, 10, 1),
                acting_user=town.organisation,
            )


# Steps


def days(person):
    return [
        (row.stage, row.valid_from.isoformat(), row.valid_to and row.valid_to.isoformat())
        for row in PartyStage.objects.filter(person=person).order_by("valid_from")
    ]


def test_a_step_a_day_too_early_is_refused_and_on_the_day_accepted(town):
    PartyStage.objects.all().delete()
    user, person = town.organisation, town.person
    record_step(person=person, stage="activist", on=dt.date(2025, 3, 10), acting_user=user)
    with pytest.raises(Refused) as refused:
        record_step(person=person, stage="development_target", on=dt.date(2026, 3, 9), acting_user=user)
    assert refused.value.code == "too-early"
    assert "2026-03-10" in str(refused.value)
    assert days(person) == [("activist", "2025-03-10", None)]
    record_step(person=person, stage="development_target", on=dt.date(2026, 3, 10), acting_user=user)
    assert days(person) == [
        ("activist", "2025-03-10", "2026-03-09"),
        ("development_target", "2026-03-10", None),
    ]


def test_an_applicant_a_day_too_young_is_refused_and_on_the_day_accepted(town):
    """The day of birth comes from the ID number, 2008-10-20, or is given once and not kept."""
    PartyStage.objects.all().delete()
    user, person = town.organisation, town.person
    arguments = {"person": person, "stage": "applicant", "acting_user": user}
    with pytest.raises(Refused) as unknown:
        record_step(on=dt.date(2026, 10, 20), **arguments)
    assert (unknown.value.code, unknown.value.fields["field"]) == ("age-unknown", "born_on")
    set_id_number(person, "420102200810200016")
    person.save()
    with pytest.raises(Refused) as young:
        record_step(on=dt.date(2026, 10, 19), born_on=dt.date(1990, 1, 1), **arguments)
    assert young.value.code == "too-young"
    assert "2026-10-20" in str(young.value)
    assert record_step(on=dt.date(2026, 10, 20), **arguments).stage == "applicant"
    StageRule.objects.create(
        district=town.district, stage="applicant", least_age=20, valid_from=dt.date(2026, 10, 21)
    )
    PartyStage.objects.all().delete()
    with pytest.raises(Refused):
        record_step(on=dt.date(2026, 10, 21), **arguments)


def test_the_page_asks_for_the_day_of_birth_and_keeps_none(town):
    PartyStage.objects.all().delete()
    client = signed_in(town.organisation)
    page = reverse("admin:enterprises_partystage_add")
    form = {"person": town.person.pk, "stage": "applicant", "valid_from": "2026-10-20", "extension_months": 0}
    assert "born_on" in client.post(page, form).content.decode()
    assert not PartyStage.objects.exists()
    client.post(page, {**form, "born_on": "2001-05-06"})
    assert PartyStage.objects.get().stage == "applicant"


def test_nobody_else_records_a_step(town):
    with pytest.raises(Refused) as refused:
        record_step(person=town.person, stage="activist", on=dt.date(2026, 10, 1), acting_user=town.registrar)
    assert refused.value.code == "not-yours"


def test_a_step_to_come_is_refused(town):
    row = PartyStage(person=town.person, stage="probationary_member", valid_from=dt.date(2026, 10, 22))
    with pytest.raises(Refused) as refused:
        save_stage(row=row, acting_user=town.organisation)
    assert refused.value.code == "future"


def test_what_is_due_is_told_from_the_reminder_on(town):
    """A probation of 2025-11-20 is due on 2026-11-20, told 45 days before: from 2026-10-06."""
    PartyStage.objects.all().delete()
    PartyStage.objects.create(
        person=town.person, stage="probationary_member", valid_from=dt.date(2025, 11, 20)
    )
    assert steps_due(town.district, dt.date(2026, 10, 5)) == []
    ((row, following, due),) = steps_due(town.district, dt.date(2026, 10, 6))
    assert (row.person, following, due) == (town.person, "full_member", dt.date(2026, 11, 20))


def test_backbone_and_members_are_counted_apart(town):
    """A manager since 2020 who joined in 2023 was backbone first; one who joined in 2018 was member first."""
    from enterprises.coverage import Reach
    from enterprises.development import backbone_to_member, member_to_backbone

    PartyStage.objects.all().delete()
    reach = Reach(town.district, dt.date(2026, 10, 1))
    stage = PartyStage.objects.create(person=town.person, stage="full_member", valid_from=dt.date(2023, 7, 1))
    assert (backbone_to_member(reach).count(), member_to_backbone(reach).count()) == (1, 0)
    stage.valid_from = dt.date(2018, 7, 1)
    stage.save()
    assert (backbone_to_member(reach).count(), member_to_backbone(reach).count()) == (0, 1)


def test_a_file_of_the_lists_names_no_stage(town):
    client = signed_in(town.registrar)
    text = text_of(client.get(reverse("admin:core_person_export", args=["list", "csv"])))
    assert len(list(csv.reader(io.StringIO(text)))) >= 2
    assert not any(trace in text for trace in TRACES)
