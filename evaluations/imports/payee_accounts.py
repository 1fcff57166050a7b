"""Register `payee-accounts`: accounts by file for the first load. Each row is proposed; a second person confirms it.

Numbers are encrypted on their way in, compared by their keyed hash, shown and exported masked, and never
repeated in a message; the uploaded file is removed once it is written or given up.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.models import Enterprise
from evaluations.models import PayeeAccount
from evaluations.models.subsidies.accounts import AccountState
from evaluations.services.payee_accounts import check_bank, check_number, propose_account
from evaluations.subsidies.files import ABOUT
from redprop.accounts.clock import business_now
from redprop.common.errors import Refused
from redprop.common.identifiers import mask_account
from redprop.common.secrets import keyed_hash, seal, unseal
from redprop.common.tabular import cells, kinds
from redprop.common.tabular.cells import CellError, clean
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.core.models import Person

STANDING = [AccountState.PROPOSED, AccountState.IN_FORCE]
DIGITS = 15
"""A spreadsheet keeps so many digits of a number; longer ones must be text."""


class Number(str):
    """An account number that never shows itself: its `repr` is its keyed hash."""

    __slots__ = ()

    def __repr__(self) -> str:
        return keyed_hash(str(self), about=ABOUT)


class Masked(str):
    """**** **** 1234 from an export: says only that nothing changes."""

    __slots__ = ()


@dataclass(frozen=True)
class Account(kinds.Kind):
    """An account number; stored as its cipher, written masked."""

    width = 26

    def parse(self, raw: object, factor: int = 1) -> Number | Masked:
        """Return the number as typed, or the mask that an export writes."""
        text = clean(raw)
        if "*" in text:
            return Masked(text)
        if cells.is_shortened(text) or (isinstance(raw, float | int) and abs(raw) >= 10**DIGITS):
            raise CellError(
                _(
                    "“Account number”: Excel has shortened this number. Set the cell to “Text” and type it again."
                ),
                hide=True,
            )
        return Number(text.replace(" ", "").replace("-", ""))

    def same(self, stored: Any, new: Any) -> bool:
        """Tell whether the stored cipher holds this number, or one that is masked like this."""
        if not stored:
            return False
        number = unseal(stored, about=ABOUT)
        return bool((mask_account(number) if isinstance(new, Masked) else number) == str(new))

    def out(self, value: Any) -> Any:
        """Return the number masked: from its cipher, or as the file gave it."""
        if not value or isinstance(value, Masked):
            return str(value) if value else None
        return mask_account(str(value) if isinstance(value, Number) else unseal(value, about=ABOUT))

    def show(self, value: Any) -> str:
        """Return the number masked."""
        return self.out(value) or ""


def _rows(context: Context) -> Any:
    """One account of each payee: that which waits for a second person, else the one in force."""
    rows = PayeeAccount.objects.filter(district=context.district, state__in=STANDING)
    if context.user is not None:
        rows = rows.for_user(context.user)
    rows = rows.annotate(payee_code=Coalesce("enterprise__uscc", "person__code"))
    other = PayeeAccount.objects.filter(district=context.district, state=AccountState.PROPOSED)
    return rows.exclude(
        Exists(other.filter(enterprise=OuterRef("enterprise"))), state=AccountState.IN_FORCE
    ).exclude(Exists(other.filter(person=OuterRef("person"))), state=AccountState.IN_FORCE)


def _payees(context: Context, plan: Plan) -> dict[str, Enterprise | Person]:
    codes = {plan.value(row, "payee_code") for row in plan.of(NEW, CHANGED)}
    firms = Enterprise.objects.filter(district=context.district, uscc__in=codes)
    people = Person.objects.filter(district=context.district, code__in=codes, merged_into__isnull=True)
    found: dict[str, Enterprise | Person] = {one.uscc: one for one in firms}
    return found | {one.code: one for one in people}


def _check(context: Context, plan: Plan) -> None:
    payees = _payees(context, plan)
    first: dict[str, int] = {}
    digests = {
        row.at: keyed_hash(str(plan.value(row, "number")), about=ABOUT) for row in plan.of(NEW, CHANGED)
    }
    taken = dict(
        PayeeAccount.objects.filter(
            district=context.district, number_hash__in=set(digests.values()), state__in=STANDING
        ).values_list("number_hash", Coalesce("enterprise__uscc", "person__code"))
    )
    for row in plan.of(NEW, CHANGED):
        code, number = plan.value(row, "payee_code"), plan.value(row, "number")
        payee = payees.get(code)
        if payee is None:
            plan.refuse(
                row,
                "payee_code",
                _(
                    "No enterprise or person of the district has this code. Write the credit code of the enterprise, or the code of the person."
                ),
            )
            continue
        if plan.value(row, "holder") != payee.name:
            plan.refuse(
                row,
                "holder",
                _("The payee with this code is %(payee)s. One of the two is wrong.") % {"payee": payee.name},
            )
        try:
            check_bank(plan.value(row, "bank") or "")
        except Refused as refused:
            plan.refuse(row, "bank", str(refused))
        if not isinstance(number, Number):
            masked = isinstance(number, Masked)
            plan.refuse(
                row,
                "number" if masked else "bank",
                _("This masked number is not the recorded one. Write the number in full.")
                if masked and plan.differs(row, "number")
                else _(
                    "The number is the recorded one, but bank or name differ. Compare them with the bank's paper."
                ),
                hide=True,
            )
            continue
        try:
            check_number(str(number), is_person=isinstance(payee, Person))
        except Refused as refused:
            plan.refuse(row, "number", str(refused), hide=True)
            continue
        digest = digests[row.at]
        if first.setdefault(digest, row.number) != row.number:
            plan.refuse(
                row,
                "number",
                _("Row %(row)s has the same account number. Two payees cannot share an account.")
                % {"row": first[digest]},
                hide=True,
            )
        elif digest in taken:
            plan.refuse(
                row,
                "number",
                _(
                    "The number is the recorded one, but bank or name differ. Compare them with the bank's paper."
                )
                if taken[digest] == code
                else _("This account number is already recorded for another payee. Clear up whose it is."),
                hide=True,
            )
        elif row.old is not None and plan.stored(row, "state") == AccountState.PROPOSED:
            plan.refuse(
                row,
                "number",
                _("An account of %(payee)s already waits for a second person. Have that one decided first.")
                % {"payee": payee.name},
                hide=True,
            )


def _fill(context: Context, plan: Plan) -> None:
    """Encrypt the numbers of new rows and name the payee; the account begins as a proposal."""
    payees = _payees(context, plan)
    for row in plan.of(NEW):
        payee, number = payees[plan.value(row, "payee_code")], str(plan.value(row, "number"))
        plan.set(row, "payee_person" if isinstance(payee, Person) else "payee_firm", payee.pk)
        plan.set(row, "payee_name", payee.name)
        plan.set(row, "branch", check_bank(plan.value(row, "bank")))
        plan.set(row, "cipher", seal(number, about=ABOUT))
        plan.set(row, "digest", keyed_hash(number, about=ABOUT))


def _own(context: Context, instance: Any) -> None:
    if context.user is None:
        raise Refused(_("Accounts are proposed by a person. Name one with --as."), code="no-user")
    now = business_now(context.district)
    instance.district_id, instance.proposed_by_id = context.district.pk, context.user.pk
    instance.proposed_at = instance.recorded_at = now
    instance.reason = context.reason[:300] or _("First load by file")


def _propose(context: Context, plan: Plan) -> None:
    """Changed rows: a new account beside the one in force, which ends when another person confirms the new one."""
    payees = _payees(context, plan)
    for row in plan.of(CHANGED):
        row.pk = propose_account(
            payee=payees[plan.value(row, "payee_code")],
            bank=plan.value(row, "bank"),
            number=str(plan.value(row, "number")),
            reason=context.reason or _("Changed by file"),
            acting_user=context.user,
        ).pk


def _hidden(name: str, kind: kinds.Kind, attr: str) -> Column:
    return Column(name, name, kind, read_only=True, hidden=True, source=attr, attr=attr)


register(
    Register(
        name="payee-accounts",
        title=gettext_lazy("payee accounts"),
        model=PayeeAccount,
        key=("payee_code",),
        rows=_rows,
        order=("payee_code",),
        prepare=_own,
        derived_from=(),
        check=_check,
        before=_fill,
        after=_propose,
        keep_file=False,
        stays=gettext_lazy(
            "Accounts stay on record, and payments may rest on them: their import is not undone. Have a second person refuse the accounts that are wrong, then import the right ones."
        ),
        columns=(
            Column(
                "payee_code",
                "收款人代码",
                kinds.Code(longest=20),
                ("代码", "统一社会信用代码", "人员编号"),
                required=True,
                attr=None,
                help="企业填统一社会信用代码，个人填人员编号",
                example="91420102MA4KXXXX0A",
            ),
            Column(
                "holder",
                "收款人",
                kinds.Name(longest=100),
                ("户名", "收款人名称"),
                required=True,
                attr=None,
                example="甲物业有限公司",
            ),
            Column(
                "bank",
                "开户行",
                kinds.Kind(longest=80),
                ("开户银行",),
                required=True,
                attr=None,
                help="银行和支行",
                example="中国银行武汉江岸支行",
            ),
            Column(
                "number",
                "账号",
                Account(),
                ("银行账号", "账户", "卡号"),
                required=True,
                attr=None,
                source="number_cipher",
                help="单元格设为文本；加密保存，导出时只显示末四位；导入后文件即删除，由第二人确认后生效",
                example="601382000012345",
            ),
            Column(
                "state",
                "状态",
                kinds.Choice(choices=(("proposed", "待第二人确认"), ("in_force", "已生效"))),
                read_only=True,
                help="由系统填写",
            ),
            _hidden("payee_firm", kinds.Integer(), "enterprise_id"),
            _hidden("payee_person", kinds.Integer(), "person_id"),
            _hidden("payee_name", kinds.Kind(), "holder"),
            _hidden("branch", kinds.Kind(), "bank"),
            _hidden("cipher", kinds.Kind(), "number_cipher"),
            _hidden("digest", kinds.Kind(), "number_hash"),
        ),
    )
)
