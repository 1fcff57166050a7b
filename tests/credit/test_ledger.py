"""The ledger: events recorded, ended and never changed; branches; reports that verify; tenders."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from enterprises.models import Enterprise
from evaluations.credit_paper import notice_paper, report_paper
from evaluations.models import CreditEvent, CreditGrade, CreditReport, CreditScheme, Tender, TenderBid
from evaluations.services import credit, credit_reports
from redprop.common.documents import as_docx
from redprop.common.errors import Refused

Part, Severity = CreditEvent.Part, CreditEvent.Severity
DAY = dt.date(2026, 9, 1)


@pytest.fixture
def firm(cast) -> SimpleNamespace:
    """A head company with a branch, and a scheme from 100 points: A from 90, B from 60, C below or on a veto."""
    head = Enterprise.objects.create(
        district=cast.district,
        uscc="91420100MA00000015",
        name="甲物业",
        kind="market",
        registered_from=dt.date(2020, 1, 1),
    )
    branch = Enterprise.objects.create(
        district=cast.district,
        uscc="91420100MA00000023",
        name="甲物业江岸分公司",
        kind="market",
        head=head,
        registered_from=dt.date(2020, 1, 1),
    )
    scheme = CreditScheme.objects.create(
        district=cast.district,
        code="S1",
        title="示例方案",
        document="示例〔2026〕1号",
        valid_from=dt.date(2026, 1, 1),
        start=100,
        good_cap=20,
    )
    bounds = (("A", 90, None), ("B", 60, 90), ("C", None, 60))
    for position, (name, lower, upper) in enumerate(bounds):
        CreditGrade.objects.create(
            scheme=scheme, position=position, name=name, lower=lower, upper=upper, on_veto=name == "C"
        )
    return SimpleNamespace(head=head, branch=branch, scheme=scheme, evaluator=cast.evaluator, cast=cast)


def an_event(firm: SimpleNamespace, points: str = "12", **facts: object) -> CreditEvent:
    """An ordinary bad event of the branch, recorded."""
    values = {
        "district": firm.cast.district,
        "scheme": firm.scheme,
        "enterprise": firm.branch,
        "part": Part.BAD,
        "points": Decimal(points),
        "title": "未按约定公示收支",
        "article": "第12项",
        "evidence": "责令整改通知书〔2026〕8号",
        "severity": Severity.ORDINARY,
        "happened_on": dt.date(2026, 8, 10),
        "starts_on": dt.date(2026, 8, 24),
        "ends_on": dt.date(2027, 8, 23),
    } | facts
    return credit.record_credit_event(event=CreditEvent(**values), acting_user=firm.evaluator)


def standing(
    firm: SimpleNamespace, day: dt.date = DAY, enterprise: Enterprise | None = None
) -> tuple[Decimal, str]:
    """Total and grade of the head company (or another) on a day."""
    enterprise = enterprise or firm.head
    found = credit.standings(enterprises=[enterprise], scheme=firm.scheme, day=day)[enterprise.pk]
    return found.total, found.grade.name if found.grade else ""


def test_a_branch_s_points_count_for_the_head_company_and_its_grade_is_the_branch_s(firm):
    an_event(firm)
    assert standing(firm) == (Decimal("88.00"), "B")  # 100 - 12
    assert standing(firm, enterprise=firm.branch) == (Decimal("88.00"), "B")
    assert standing(firm, dt.date(2026, 8, 23)) == (Decimal("100.00"), "A")
    assert standing(firm, dt.date(2027, 8, 24)) == (Decimal("100.00"), "A")


def test_an_event_is_ended_by_a_row_of_its_own_and_never_changed(firm):
    event = an_event(firm)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        CreditEvent.objects.filter(pk=event.pk).update(points=1)
    credit.end_credit_event(
        event=event,
        reason="repaired",
        evidence="复查合格",
        ended_on=dt.date(2026, 9, 20),
        acting_user=firm.evaluator,
    )
    assert standing(firm, dt.date(2026, 9, 19)) == (Decimal("88.00"), "B")
    assert standing(firm, dt.date(2026, 9, 20)) == (Decimal("100.00"), "A")
    with pytest.raises(Refused, match="already ended"):
        credit.end_credit_event(
            event=event, reason="withdrawn", evidence="x", ended_on=DAY, acting_user=firm.evaluator
        )


@pytest.mark.parametrize(
    ("severity", "last", "too_long"),
    [
        (Severity.MINOR, dt.date(2026, 11, 23), dt.date(2026, 11, 24)),
        (Severity.ORDINARY, dt.date(2027, 8, 23), dt.date(2027, 8, 24)),
        (Severity.SERIOUS, dt.date(2029, 8, 23), dt.date(2029, 8, 24)),
    ],
)
def test_bad_information_counts_no_longer_than_its_severity_allows(firm, severity, last, too_long):
    # 国办发〔2025〕22号: minor 3 months, ordinary 1 year, serious 3 years, here from 2026-08-24 on
    with pytest.raises(Refused, match="at the latest"):
        an_event(firm, severity=severity, ends_on=too_long)
    assert an_event(firm, severity=severity, ends_on=last).ends_on == last


def test_a_veto_gives_the_grade_of_the_scheme_s_veto(firm):
    an_event(firm, points="0", vetoes=True)
    assert standing(firm) == (Decimal("100.00"), "C")


def test_a_personal_number_in_the_evidence_is_refused(firm):
    with pytest.raises(Refused):
        an_event(firm, evidence="联系人13812345678")


def test_only_evaluators_keep_the_ledger(firm):
    firm.evaluator = firm.cast.registrar
    with pytest.raises(Refused):
        an_event(firm)


def test_a_report_is_frozen_verifies_by_its_code_and_can_be_recomputed(firm):
    event = an_event(firm)
    report = credit_reports.issue_credit_report(
        enterprise=firm.branch,
        scheme=firm.scheme,
        as_of=DAY,
        purpose="某小区招标",
        acting_user=firm.evaluator,
    )
    assert (report.total, report.grade) == (Decimal("88.00"), "B")
    assert report.content["rated"]["uscc"] == firm.head.uscc
    credit.end_credit_event(
        event=event, reason="withdrawn", evidence="查明有误", ended_on=DAY, acting_user=firm.evaluator
    )
    assert standing(firm)[1] == "A"
    assert credit_reports.verify(report.code.lower()).grade == "B"
    # 100 + 0 + 0 - 12, from the printed lines alone
    assert (
        Decimal(report.content["start"]) - sum(Decimal(e["points"]) for e in report.content["events"]) == 88
    )
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        CreditReport.objects.filter(pk=report.pk).update(grade="A")
    assert credit_reports.verify("AAAA-BBBB-CCCC-DDDD") is None


def test_the_verification_page_shows_a_genuine_report_and_refuses_an_invented_code(firm, client):
    report = credit_reports.issue_credit_report(
        enterprise=firm.head, scheme=firm.scheme, as_of=DAY, purpose="招标", acting_user=firm.evaluator
    )
    shown = client.get(f"/credit/{report.code}/")
    assert shown.status_code == 200
    assert report.digest in shown.content.decode()
    assert client.get("/credit/AAAA-BBBB-CCCC-DDDD/").status_code == 404
    assert client.get("/credit/", {"code": report.code.lower()}).url == f"/credit/{report.code}/"


def test_a_report_for_a_day_to_come_is_refused(firm):
    with pytest.raises(Refused, match="still to come"):
        credit_reports.issue_credit_report(
            enterprise=firm.head,
            scheme=firm.scheme,
            as_of=dt.date(2026, 10, 13),
            purpose="招标",
            acting_user=firm.evaluator,
        )


def test_papers_are_written_in_three_copies_and_open(firm):
    event = an_event(firm, rectify_by=dt.date(2026, 11, 1))
    notice = notice_paper(event)
    assert [block.text[:3] for block in notice.blocks if hasattr(block, "layer")] == [
        "第一联",
        "第二联",
        "第三联",
    ]
    assert as_docx(notice)[:2] == b"PK"
    report = credit_reports.issue_credit_report(
        enterprise=firm.branch, scheme=firm.scheme, as_of=DAY, purpose="招标", acting_user=firm.evaluator
    )
    assert as_docx(report_paper(report, address="http://example.test/"))[:2] == b"PK"


def test_a_bid_takes_the_bidder_s_own_report_of_the_day_of_the_bids(firm):
    tender = Tender.objects.create(
        district=firm.cast.district, code="ZB1", title="某小区", buyer="业委会", bids_on=dt.date(2026, 9, 2)
    )
    report = credit_reports.issue_credit_report(
        enterprise=firm.head, scheme=firm.scheme, as_of=DAY, purpose="招标", acting_user=firm.evaluator
    )
    with pytest.raises(Refused, match="another enterprise"):
        credit_reports.check_bid(TenderBid(tender=tender, enterprise=firm.branch, report=report))
    with pytest.raises(Refused, match="2026-09-02"):
        credit_reports.check_bid(TenderBid(tender=tender, enterprise=firm.head, report=report))
    tender.bids_on = DAY
    credit_reports.check_bid(TenderBid(tender=tender, enterprise=firm.head, report=report))


def test_standings_of_many_enterprises_take_two_queries(firm, django_assert_num_queries):
    an_event(firm)
    with django_assert_num_queries(2):
        credit.standings(enterprises=[firm.head, firm.branch], scheme=firm.scheme, day=DAY)


# ---- managers, list points, signed papers --------------------------------------------------------


@pytest.fixture
def managed(firm):
    """A project of the branch whose manager lost 30 points of the own ledger."""
    from enterprises.models import Post, ServiceProject
    from redprop.core.models import Person

    district = firm.cast.district
    firm.project = ServiceProject.objects.create(
        district=district, enterprise=firm.branch, code="P1", name="甲项目", started_on=dt.date(2020, 1, 1)
    )
    firm.manager = Person.objects.create(district=district, code="M1", name="张三丰")
    Post.objects.create(
        person=firm.manager, enterprise=firm.branch, project=firm.project, kind="project_manager",
        title="项目经理", valid_from=dt.date(2024, 1, 1),
    )  # fmt: skip
    an_event(firm, "30", person=firm.manager, project=firm.project)
    return firm


def manager_report(firm, **changes):
    values = {
        "enterprise": firm.branch,
        "manager_of": firm.project,
        "scheme": firm.scheme,
        "as_of": DAY,
        "purpose": "某小区招标",
        "acting_user": firm.evaluator,
    }
    return credit_reports.issue_credit_report(**values | changes)


def test_a_manager_has_a_grade_and_a_report_from_a_ledger_of_his_own(managed):
    report = manager_report(managed)
    assert (report.total, report.grade, report.person) == (Decimal("70.00"), "B", managed.manager)
    own = credit_reports.issue_credit_report(
        enterprise=managed.branch,
        scheme=managed.scheme,
        as_of=DAY,
        purpose="招标",
        acting_user=managed.evaluator,
    )
    assert (own.total, own.grade) == (Decimal("100.00"), "A")
    with pytest.raises(Refused, match="another enterprise"):
        manager_report(managed, enterprise=managed.head)
    with pytest.raises(Refused, match="no manager"):
        manager_report(managed, as_of=dt.date(2023, 12, 31))


def test_a_manager_is_named_in_a_report_only_where_the_legal_basis_is_on_record(managed, client):
    from redprop.areas.models import District

    first = manager_report(managed)
    assert first.content["manager"] == {"post": "项目经理", "project": "甲项目", "name": ""}
    assert "张三丰" not in client.get(f"/credit/{first.code}/").content.decode()
    for since, name in ((dt.date(2027, 1, 1), ""), (dt.date(2026, 9, 1), "张三丰")):
        District.objects.filter(pk=managed.cast.district.pk).update(names_of_persons_since=since)
        managed.branch.district.refresh_from_db()
        report = manager_report(managed)
        assert report.content["manager"]["name"] == name
        shown = client.get(f"/credit/{report.code}/").content.decode()
        assert "甲项目" in shown
        assert ("张三丰" in shown) is bool(name)


@pytest.fixture
def signing_pair(settings, tmp_path):
    settings.DEMO = True
    settings.SIGNING_KEY = str(tmp_path / "key.pem")
    settings.SIGNING_CERTIFICATE = str(tmp_path / "certificate.pem")
    settings.SIGNING_KEY_PASSWORD = ""
    return tmp_path


def test_the_pdf_of_a_report_is_signed_and_one_altered_byte_is_found(firm, client, signing_pair, capsys):
    import json

    from django.core.management import call_command

    from redprop.common import signing

    report = credit_reports.issue_credit_report(
        enterprise=firm.branch, scheme=firm.scheme, as_of=DAY, purpose="招标", acting_user=firm.evaluator
    )
    signed = credit_reports.signed_report_pdf(report, address="http://example.test/")
    own = signing.certificate()
    assert (signing_pair / "key.pem").stat().st_mode & 0o077 == 0
    assert client.get("/credit/certificate.pem").content == own.pem
    assert own.fingerprint in client.get(f"/credit/{report.code}/").content.decode()
    assert signing.check_pdf(signed, pem=own.pem).genuine
    for at in range(0, len(signed), len(signed) // 25):
        altered = signed[:at] + bytes([signed[at] ^ 0x41]) + signed[at + 1 :]
        assert not signing.check_pdf(altered, pem=own.pem).genuine, at
    assert not signing.check_pdf(signed + b"\n%%EOF\n", pem=own.pem).genuine
    paper = signing_pair / "report.pdf"
    paper.write_bytes(signed)
    call_command("verify_report", paper, "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["genuine"], told["in_ledger"], told["number"]) == (True, True, report.number)
    # another district's certificate, and a signature of ours on a paper that the ledger does not know
    (signing_pair / "certificate.pem").rename(signing_pair / "old.pem")
    (signing_pair / "key.pem").unlink()
    other = signing.certificate()
    with translation.override("en"):
        found = signing.check_pdf(signed, pem=other.pem)
    assert not found.genuine
    assert "another certificate" in found.why_not
    paper.write_bytes(
        signing.sign_pdf(signed_less(report), reason="信用报告 X 校验码 AAAA-BBBB-CCCC-DDDD 摘要 " + "0" * 64)
    )
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_report", paper)
    assert stopped.value.code == 1


def signed_less(report):
    from redprop.common.documents import as_pdf

    return as_pdf(report_paper(report, address="http://example.test/"))


def test_without_a_certificate_a_report_is_given_out_unsigned(firm, settings, client):
    settings.SIGNING_KEY = settings.SIGNING_CERTIFICATE = ""
    report = credit_reports.issue_credit_report(
        enterprise=firm.head, scheme=firm.scheme, as_of=DAY, purpose="招标", acting_user=firm.evaluator
    )
    assert credit_reports.signed_report_pdf(report, address="http://example.test/")[:5] == b"%PDF-"
    assert client.get("/credit/certificate.pem").status_code == 404
