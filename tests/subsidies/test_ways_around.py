"""Found in review: ways around a rule of the money, each closed by one change (design section 7)."""

import datetime as dt

import pytest

from evaluations.admin.money import FundAdmin
from evaluations.models import Entitlement, FundYear
from evaluations.services import batches
from evaluations.services.entitlements import compute_entitlements
from redprop.accounts.models import Posting, User
from redprop.common.errors import Refused
from tests.conftest import make_user
from tests.subsidies.conftest import Q3


def compute(town, *benefits):
    return compute_entitlements(district=town.district, period=Q3, acting_user=None, benefits=benefits)


def test_who_prepared_first_does_not_review_though_another_prepared_again(scored):
    maker = scored.cast.finance_maker
    Posting.objects.create(
        user=maker, role="finance_checker", district=scored.district, valid_from=dt.date(2020, 1, 1)
    )
    batch = scored.prepare()
    batches.prepare_batches(
        district=scored.district,
        period=Q3,
        acting_user=make_user("second_maker", "finance_maker", scored.district),
    )
    for piece in batch.slices.filter(line_count__gt=0):
        batch = batches.review_slice(
            batch=batch, subdistrict=piece.subdistrict, acting_user=scored.clerks[piece.subdistrict_id]
        )
    with pytest.raises(Refused) as refusal:
        batches.review_batch(batch=batch, acting_user=User.objects.get(pk=maker.pk))
    assert refusal.value.code == "same-person"


def test_a_ceiling_changed_in_the_form_leaves_what_was_committed_meanwhile(scored, client, monkeypatch):
    year = FundYear.objects.get(fund__code="services")
    client.force_login(scored.cast.finance_maker)
    url = f"/admin/evaluations/fund/{year.fund_id}/change/"
    formset = client.get(url).context["inline_admin_formsets"][0].formset
    data = {"code": year.fund.code, "name": year.fund.name, "document": "x", "notice_days": 0}
    data |= {"sample_share": 5, "sample_minimum": 1}
    data |= {f"{formset.prefix}-TOTAL_FORMS": 1, f"{formset.prefix}-INITIAL_FORMS": 1}
    data |= {field.html_name: "" if field.value() is None else field.value() for field in formset.forms[0]}
    data[f"{formset.prefix}-0-ceiling"] = "21000000"
    original = FundAdmin.save_formset

    def approved_meanwhile(self, request, form, formset, change):
        FundYear.objects.filter(pk=year.pk).update(committed=5000)
        return original(self, request, form, formset, change)

    monkeypatch.setattr(FundAdmin, "save_formset", approved_meanwhile)
    assert client.post(url, data).status_code == 302
    year.refresh_from_db()
    assert (int(year.ceiling), int(year.committed)) == (21_000_000, 5000)


def test_a_person_merged_after_the_payment_is_not_paid_again(scored):
    _enterprise, project, _contract = scored.serve("乙物业", "91420102MA4KXXXX1B")
    first = scored.secretary("S1", "王书记", scored.project)
    batch = scored.approved(scored.prepare("party"))
    batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    first.merged_into = scored.secretary("S2", "王书记", project)
    first.save()
    compute(scored, "secretary")
    given = Entitlement.objects.live().filter(benefit="secretary").values_list("person__code", "amount")
    assert sum(amount for code, amount in given if code == "S1") == 800
    assert not [code for code, _amount in given if code == "S2"]


def test_two_records_of_a_person_that_were_both_paid_give_one_year_back(scored):
    _enterprise, project, _contract = scored.serve("乙物业", "91420102MA4KXXXX1B")
    first = scored.secretary("S1", "王书记", scored.project)
    second = scored.secretary("S2", "王书记", project)
    batch = scored.approved(scored.prepare("party"))
    batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    second.merged_into = first
    second.save()
    compute(scored, "secretary")
    compute(scored, "secretary")
    assert sum(row.amount for row in Entitlement.objects.live().filter(benefit="secretary")) == 800
