"""The steps of a batch: who may take which, in which order, over which lines."""

import csv
import io
from decimal import Decimal

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from evaluations.models import FundMovement, FundYear, PaymentLine, SubsidyBatch, SubsidySlice
from evaluations.models.subsidies.batches import BATCH_MOVES, BatchState
from evaluations.services import batches
from evaluations.subsidies.files import in_capitals
from evaluations.subsidies.selectors import bank_content, differences, digest_of, notice_rows, outlook
from redprop.common.errors import Refused
from tests.conftest import make_user
from tests.subsidies.conftest import Q3, publish_final, set_clock

pytestmark = pytest.mark.django_db


def refused(code, service, **options):
    with pytest.raises(Refused) as found, transaction.atomic():
        service(**options)
    assert found.value.code == code, str(found.value)
    return str(found.value)


def test_the_whole_way_from_preparation_to_export(scored):
    batch = scored.prepare()
    assert (batch.number, batch.state, batch.line_count) == ("services-2026Q3-1", "prepared", 6)
    assert str(batch.total) == "9979.50"  # 4038.60 + 5940.90
    assert {str(piece.total) for piece in batch.slices.all()} == {"4038.60", "5940.90"}
    batch = scored.approved(batch)
    assert batch.state == "approved"
    year = FundYear.objects.get(fund=batch.fund)
    assert (str(year.committed), str(batch.committed)) == ("9979.50", "9979.50")
    export = batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    batch.refresh_from_db()
    assert batch.state == "exported"
    assert (export.payee_count, export.line_count, str(export.total)) == (1, 6, "9979.50")
    assert differences(batch) == []
    steps = list(batch.steps.values_list("step", flat=True))
    assert steps == [
        "prepared",
        "first_review",
        "first_review",
        "second_review",
        "notice",
        "approved",
        "exported",
    ]


def test_nothing_is_prepared_before_the_final_list(town):
    options = {"district": town.district, "period": Q3, "acting_user": town.cast.finance_maker}
    assert "2026Q3" in refused("no-final-list", batches.prepare_batches, **options)
    publish_final(town.district, "2026Q3", {}, kind="notice")
    refused("no-final-list", batches.prepare_batches, **options)
    assert not SubsidyBatch.objects.exists()


def test_preparing_again_gives_the_same_batch_and_no_second_line(scored):
    batch = scored.prepare()
    lines = list(batch.lines.values())
    again = scored.prepare()
    assert (again.pk, list(again.lines.values())) == (batch.pk, lines)
    assert again.steps.count() == 1


def test_after_approval_there_is_nothing_left_to_prepare(scored):
    scored.approved(scored.prepare())
    refused(
        "nothing-due",
        batches.prepare_batches,
        district=scored.district,
        period=Q3,
        acting_user=scored.cast.finance_maker,
    )


def refuses(statement):
    """Whether the database refuses the statement, at once or at the end of the transaction."""
    connection.check_constraints()  # of what the test has written itself, nothing is left to be checked
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            connection.check_constraints()
    except DatabaseError:
        return True
    return False


def test_the_database_refuses_a_second_live_attempt(scored):
    batch = scored.prepare()
    line = batch.lines.first()
    line.pk, line.number = None, 99
    with pytest.raises(IntegrityError, match="paymentline_one_live_attempt"), transaction.atomic():
        line.save(force_insert=True)


CHANGES = [
    "UPDATE evaluations_paymentline SET amount = amount + 1",
    "UPDATE evaluations_paymentline SET payee_name = 'x'",
    "DELETE FROM evaluations_paymentline",
    "DELETE FROM evaluations_subsidybatch",
    "UPDATE evaluations_subsidystep SET reason = 'x'",
    "DELETE FROM evaluations_fundmovement",
    "UPDATE evaluations_subsidyexport SET total = 0",
    "UPDATE evaluations_paymentline SET state = 'written_back', state_reason = 'x'",
    "TRUNCATE evaluations_fundmovement",
]


def test_money_rows_refuse_every_other_change(scored):
    batches.export_batch(batch=scored.approved(scored.prepare()), acting_user=scored.cast.finance_maker)
    assert [statement for statement in CHANGES if not refuses(statement)] == []


def test_no_line_joins_after_the_first_review(scored):
    batch = scored.prepare()
    for piece in batch.slices.all():
        batches.review_slice(
            batch=batch,
            subdistrict=piece.subdistrict,
            acting_user=scored.clerks[piece.subdistrict_id],
        )
    line = batch.lines.first()
    PaymentLine.objects.filter(pk=line.pk).update(state="dropped", state_reason="x")
    line.pk, line.number = None, 99
    with pytest.raises(DatabaseError, match="while it is being prepared"), transaction.atomic():
        line.save(force_insert=True)


def test_a_clerk_reviews_the_own_slice_only(scored):
    batch, cast = scored.prepare(), scored.cast
    options = {"batch": batch, "subdistrict": cast.subdistrict}
    refused("role", batches.review_slice, acting_user=scored.clerks[cast.other_subdistrict.pk], **options)
    refused("role", batches.review_slice, acting_user=cast.foreign["subdistrict_clerk"], **options)
    refused("role", batches.review_slice, acting_user=cast.finance_checker, **options)
    refused("role", batches.review_slice, acting_user=None, **options)
    assert batches.review_slice(acting_user=cast.subdistrict_clerk, **options).state == "prepared"
    refused("state", batches.review_slice, acting_user=cast.subdistrict_clerk, **options)


@pytest.mark.parametrize(
    "role",
    ["registrar", "finance_checker", "approver", "publisher", "subdistrict_clerk", "community_secretary"],
)
def test_only_the_finance_maker_prepares(scored, role):
    refused(
        "role",
        batches.prepare_batches,
        district=scored.district,
        period=Q3,
        acting_user=scored.cast.by_role[role],
    )


def test_steps_out_of_order_are_refused(scored):
    batch, cast = scored.prepare(), scored.cast
    refused("state", batches.review_batch, batch=batch, acting_user=cast.finance_checker)
    refused("state", batches.put_up_notice, batch=batch, acting_user=cast.publisher)
    refused("state", batches.approve_batch, batch=batch, digest=digest_of(batch), acting_user=cast.approver)
    refused("state", batches.export_batch, batch=batch, acting_user=cast.finance_maker)
    refused("state", batches.return_batch, batch=batch, reason="x", acting_user=cast.finance_checker)


def person_of_all_roles(scored):
    user = make_user("janus", "finance_maker", scored.district)
    for role in ("finance_checker", "approver"):
        user.postings.create(role=role, district=scored.district, valid_from="2020-01-01")
    user.postings.create(
        role="subdistrict_clerk",
        district=scored.district,
        subdistrict=scored.cast.subdistrict,
        valid_from="2020-01-01",
    )
    return user


def test_one_person_with_all_roles_takes_one_step_only(scored):
    janus, cast = person_of_all_roles(scored), scored.cast
    batch = batches.prepare_batches(district=scored.district, period=Q3, acting_user=janus)[0]
    refused("same-person", batches.review_slice, batch=batch, subdistrict=cast.subdistrict, acting_user=janus)
    for place, clerk in scored.clerks.items():
        piece = batch.slices.get(subdistrict=place)
        batch = batches.review_slice(batch=batch, subdistrict=piece.subdistrict, acting_user=clerk)
    refused("same-person", batches.review_batch, batch=batch, acting_user=janus)
    batch = batches.review_batch(batch=batch, acting_user=cast.finance_checker)
    batch = batches.put_up_notice(batch=batch, acting_user=cast.publisher)
    set_clock(scored.district, 2026, 10, 21, 9)
    refused("same-person", batches.approve_batch, batch=batch, digest=digest_of(batch), acting_user=janus)


def test_the_database_itself_refuses_one_person_in_two_steps(scored):
    batch = scored.approved(scored.prepare())
    maker, clerk = batch.prepared_by, scored.cast.subdistrict_clerk
    for field, user in (
        ("approved_by", maker),
        ("second_reviewed_by", maker),
        ("approved_by", clerk),
        ("second_reviewed_by", clerk),
        ("prepared_by", clerk),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            SubsidyBatch.objects.filter(pk=batch.pk).update(**{field: user})
    with pytest.raises(IntegrityError), transaction.atomic():
        SubsidySlice.objects.filter(batch=batch).update(reviewed_by=maker)


def test_a_returned_slice_is_prepared_and_reviewed_again(scored):
    batch, cast = scored.prepare(), scored.cast
    options = {"batch": batch, "subdistrict": cast.subdistrict}
    refused("no-reason", batches.return_slice, reason=" ", acting_user=cast.subdistrict_clerk, **options)
    batches.return_slice(reason="area of 甲苑 is wrong", acting_user=cast.subdistrict_clerk, **options)
    refused("state", batches.review_slice, acting_user=cast.subdistrict_clerk, **options)
    scored.first.floor_area = Decimal("5000")
    scored.first.save()
    batch = scored.prepare()
    assert batch.slices.get(subdistrict=cast.subdistrict).state == "prepared"
    assert str(batch.slices.get(subdistrict=cast.subdistrict).total) == "3861.00"  # 5000×.26×.9×1.1×3
    assert batch.line_count == 6
    assert scored.approved(batch).state == "approved"


def test_a_returned_batch_loses_its_reviews(scored):
    batch = scored.noticed(scored.prepare())
    batch = batches.return_batch(batch=batch, reason="wrong", acting_user=scored.cast.approver)
    assert (batch.state, batch.second_reviewed_by, batch.notice_ends_on) == ("prepared", None, None)
    assert not batch.slices.exclude(state="prepared").exists()
    assert FundMovement.objects.count() == 0


def test_new_entitlements_do_not_slip_into_a_reviewed_batch(scored):
    scored.reviewed(scored.prepare())
    scored.compound("A3", "丙苑", scored.cast.community, area="100", compound_class=3)
    refused(
        "in-review",
        batches.prepare_batches,
        district=scored.district,
        period=Q3,
        acting_user=scored.cast.finance_maker,
    )


def test_the_notice_must_be_over_before_approval(scored):
    scored.district.funds.update(notice_days=5)
    batch = scored.reviewed(scored.prepare())
    batch = batches.put_up_notice(batch=batch, acting_user=scored.cast.publisher)
    assert str(batch.notice_ends_on) == "2026-10-27"  # Tuesday 20 + five working days
    options = {"batch": batch, "digest": digest_of(batch), "acting_user": scored.cast.approver}
    set_clock(scored.district, 2026, 10, 27, 23, 59)
    assert "2026-10-27" in refused("notice-lasts", batches.approve_batch, **options)
    set_clock(scored.district, 2026, 10, 28, 0, 0)
    assert batches.approve_batch(**options).state == "approved"


def test_the_notice_masks_persons_and_shows_firms(scored):
    scored.secretary("S1", "王小明", scored.project)
    party = scored.prepare("party")
    assert [(row["subject"], row["payee"], str(row["total"])) for row in notice_rows(party)] == [
        ("王*明", "王*明", "800.00")
    ]
    rows = list(notice_rows(SubsidyBatch.objects.get(fund__code="services")))
    assert [(row["subject"], row["lines"], str(row["total"])) for row in rows] == [
        ("甲苑", 3, "4038.60"),
        ("乙苑", 3, "5940.90"),
    ]


def test_a_secretary_without_a_place_is_reviewed_by_the_organisation_department(scored):
    _enterprise, project, _contract = scored.serve("乙物业", "91420102MA4KXXXX1B")
    scored.secretary("S1", "王书记", project)
    batch = scored.prepare("party")
    piece = batch.slices.get()
    assert piece.subdistrict is None
    refused(
        "role",
        batches.review_slice,
        batch=batch,
        subdistrict=None,
        acting_user=scored.cast.subdistrict_clerk,
    )
    assert scored.approved(batch).state == "approved"


def test_changed_lines_need_a_new_approval(scored):
    batch = scored.noticed(scored.prepare())
    seen = digest_of(batch)
    batches.hold_line(
        line=batch.lines.first(), reason="an objection came in", acting_user=scored.cast.finance_checker
    )
    refused("digest", batches.approve_batch, batch=batch, digest=seen, acting_user=scored.cast.approver)
    batch.refresh_from_db()
    batch = batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=scored.cast.approver)
    assert str(batch.total) == "8633.30"  # 9979.50 − 1346.20
    batches.hold_line(
        line=batch.lines.filter(state="open").first(), reason="another", acting_user=scored.cast.approver
    )
    refused("digest", batches.export_batch, batch=batch, acting_user=scored.cast.finance_maker)
    batch.refresh_from_db()
    batch = batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=scored.cast.approver)
    assert str(FundYear.objects.get(fund=batch.fund).committed) == "7287.10"
    assert [m.kind for m in FundMovement.objects.all()] == ["commit", "release"]
    export = batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    assert (export.line_count, batch.lines.filter(state="dropped").count()) == (4, 2)
    following = scored.prepare()
    assert (following.number, str(following.total)) == ("services-2026Q3-2", "2692.40")


def test_the_database_refuses_to_export_other_lines_than_were_approved(scored):
    batch = scored.approved(scored.prepare())
    with pytest.raises(IntegrityError, match="exports_what_was_approved"), transaction.atomic():
        SubsidyBatch.objects.filter(pk=batch.pk).update(state="exported", exported_digest="f" * 64)


def test_a_hold_is_released_only_where_nobody_reviewed_without_it(scored):
    batch, cast = scored.prepare(), scored.cast
    line = batch.slices.get(subdistrict=cast.subdistrict).lines.first()
    other = scored.clerks[cast.other_subdistrict.pk]
    refused("role", batches.hold_line, line=line, reason="x", acting_user=other)
    refused("no-reason", batches.hold_line, line=line, reason="", acting_user=cast.subdistrict_clerk)
    batches.hold_line(line=line, reason="check the area", acting_user=cast.subdistrict_clerk)
    batches.release_line(line=line, reason="checked", acting_user=cast.subdistrict_clerk)
    batches.hold_line(line=line, reason="check again", acting_user=cast.subdistrict_clerk)
    scored.reviewed(batch)
    refused(
        "reviewed-without", batches.release_line, line=line, reason="ok", acting_user=cast.finance_checker
    )


def test_a_cancelled_batch_frees_its_entitlements(scored):
    batch = scored.prepare()
    batches.cancel_batch(batch=batch, reason="mistake", acting_user=scored.cast.finance_maker)
    following = scored.prepare()
    assert (following.sequence, following.line_count) == (2, 6)


def test_nothing_is_approved_above_the_ceiling(scored):
    FundYear.objects.update(ceiling=Decimal("9979.49"))
    batch = scored.noticed(scored.prepare())
    assert outlook(batch)["free_after"] == Decimal("-0.01")
    words = refused(
        "ceiling",
        batches.approve_batch,
        batch=batch,
        digest=digest_of(batch),
        acting_user=scored.cast.approver,
    )
    assert "¥9,979.49" in words
    assert "¥9,979.50" in words
    FundYear.objects.update(ceiling=Decimal("9979.50"))
    assert (
        batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=scored.cast.approver).state
        == "approved"
    )


def test_a_year_without_a_ceiling_pays_nothing(scored):
    batch = scored.noticed(scored.prepare())
    FundYear.objects.filter(fund=batch.fund).update(year=2025)
    refused(
        "no-fund-year",
        batches.approve_batch,
        batch=batch,
        digest=digest_of(batch),
        acting_user=scored.cast.approver,
    )


def test_exported_once(scored):
    batch = scored.approved(scored.prepare())
    batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    refused("state", batches.export_batch, batch=batch, acting_user=scored.cast.finance_maker)


def test_roster_and_bank_file_agree_with_the_batch(scored):
    scored.enterprise.name = "=HYPERLINK(1)物业"
    scored.enterprise.save()
    batch = scored.approved(scored.prepare())
    export = batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    book = openpyxl.load_workbook(export.roster.path)
    assert book.sheetnames == ["补贴清册", "按收款人汇总", "按街道汇总"]
    rows = list(book["补贴清册"].iter_rows(values_only=True))
    assert rows[2][:4] == ("序号", "街道", "补贴项目", "补贴对象")
    lines = [row for row in rows[3:] if isinstance(row[0], int)]
    assert len(lines) == 6
    assert sum(Decimal(str(row[14])) for row in lines) == batch.total
    assert all(cell.data_type != "f" for row in book["补贴清册"].iter_rows() for cell in row)
    assert any("玖仟玖佰柒拾玖元伍角整" in str(row[0]) for row in rows)
    bank = list(csv.reader(io.StringIO(bank_content(export).decode("utf-8-sig"))))
    assert bank[1][3].startswith("'=")
    assert (bank[-1][0], bank[-1][1], bank[-1][6], bank[-1][8]) == (
        "合计",
        "1",
        "9979.50",
        batch.approved_digest,
    )


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.00", "零元整"),
        ("1234.50", "壹仟贰佰叁拾肆元伍角整"),
        ("10000.00", "壹万元整"),
        ("100005.06", "壹拾万零伍元零陆分"),
        ("20000000.00", "贰仟万元整"),
        ("10020030.40", "壹仟零贰万零叁拾元肆角整"),
        ("-0.05", "负伍分"),
    ],
)
def test_amounts_in_capitals(amount, words):
    assert in_capitals(Decimal(amount)) == words


def test_altered_files_and_sums_are_found(scored):
    batch = scored.approved(scored.prepare())
    export = batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    with open(export.bank_file.path, "ab") as file:
        file.write(b"x")
    batch.refresh_from_db()
    assert len(differences(batch)) == 1


def test_every_state_has_its_row_in_the_table():
    assert set(BATCH_MOVES) == set(BatchState)
    assert BATCH_MOVES[BatchState.CANCELLED] == set()
