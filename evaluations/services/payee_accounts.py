"""Payee accounts: checked, encrypted, proposed by one person and confirmed by another; opening one is logged."""

import re
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from stdnum import luhn

from enterprises.models import Enterprise
from evaluations.models import AccountOpening, PayeeAccount
from evaluations.models.subsidies.accounts import ACCOUNT_MOVES, AccountState
from evaluations.services.steps import APPROVERS, CHECKERS, MAKERS, require_post, require_reason
from evaluations.subsidies.files import ABOUT
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.accounts.services.openings import check_opening
from redprop.common.errors import Refused
from redprop.common.identifiers import find_personal_numbers, mask_account
from redprop.common.secrets import keyed_hash, seal, unseal
from redprop.common.states import require_move
from redprop.common.text import normalise
from redprop.core.models import Person

CARD = (16, 19)
"""Digits of a person's card or savings account."""
FIRM = (9, 28)
"""Digits of an enterprise's account: banks differ from 12 to 25, a branch number may stand before."""
_BANK = re.compile(r"银行|信用社|信用联社|农商行|财务公司|\bbank\b", re.IGNORECASE)
CONFIRMERS = CHECKERS | APPROVERS


def check_number(number: str, *, is_person: bool) -> str:
    """Return the digits of an account; raises Refused with what is wrong, never quoting the number."""
    digits = re.sub(r"[\s\-]", "", normalise(number))
    least, most = CARD if is_person else FIRM
    if not digits:
        text = _("“Account number” is empty. Copy it from the bank's paper.")
    elif re.search(r"\d(\.\d+)?E\+\d+", digits, re.IGNORECASE):
        text = _(
            "“Account number”: Excel has shortened this number. Set the cell to “Text” and type it again."
        )
    elif not re.fullmatch(r"[0-9]+", digits):
        text = _("“Account number” consists of digits only; this one has other characters. Type it again.")
    elif not least <= len(digits) <= most:
        text = _(
            "“Account number” has %(given)s digits; of a person it has %(card)s, of an enterprise %(firm)s. Compare it with the bank's paper."
        ) % {"given": len(digits), "card": f"{CARD[0]}–{CARD[1]}", "firm": f"{FIRM[0]}–{FIRM[1]}"}
    elif len(set(digits)) == 1:
        text = _("“Account number” is one digit all over. Type the real one.")
    elif is_person and digits.startswith("62") and not luhn.is_valid(digits):
        text = _("“Account number”: the last digit does not fit the others. Compare it with the card.")
    else:
        return digits
    raise Refused(text, code="account-number", field="number")


def check_bank(bank: str) -> str:
    """Return the name of bank and branch; raises Refused when it is none."""
    name = normalise(bank)
    if not _BANK.search(name) or len(name) < 4:
        raise Refused(
            _("“Bank and branch”: “%(bank)s” names no bank. Write bank and branch, as 中国银行武汉江岸支行.")
            % {"bank": name},
            code="bank",
            field="bank",
        )
    if find_personal_numbers(name) or re.search(r"\d{8}", name):
        raise Refused(
            _("“Bank and branch” holds a long number. The account number has a field of its own."),
            code="bank",
            field="bank",
        )
    return name[:80]


@transaction.atomic
def propose_account(
    *, payee: Enterprise | Person, bank: str, number: str, reason: str, acting_user: User
) -> PayeeAccount:
    """Record a new account of a payee; it is paid to only after another person has confirmed it."""
    district = payee.district
    user = require_post(acting_user, MAKERS, district)
    is_person = isinstance(payee, Person)
    digits, bank, reason = check_number(number, is_person=is_person), check_bank(bank), require_reason(reason)
    hashed = keyed_hash(digits, about=ABOUT)
    same = PayeeAccount.objects.filter(
        district=district, number_hash=hashed, state__in=[AccountState.PROPOSED, AccountState.IN_FORCE]
    ).first()
    if same is not None:
        own = same.payee == payee
        raise Refused(
            _("This account number is already recorded for %(payee)s (%(state)s). %(way)s")
            % {
                "payee": same.holder,
                "state": same.get_state_display(),
                "way": _("Nothing is to be done.")
                if own
                else _("Two payees cannot share an account: clear up whose it is."),
            },
            code="account-taken",
            field="number",
        )
    with acting(user, reason):
        try:
            with transaction.atomic():
                return PayeeAccount.objects.create(
                    district=district,
                    enterprise=None if is_person else payee,
                    person=payee if is_person else None,
                    bank=bank,
                    holder=payee.name,
                    number_cipher=seal(digits, about=ABOUT),
                    number_hash=hashed,
                    reason=reason,
                    proposed_by=user,
                    proposed_at=business_now(district),
                    recorded_at=business_now(district),
                    recorded_by=user.username,
                )
        except IntegrityError:
            raise Refused(
                _("An account of %(payee)s already waits for a second person. Have that one decided first.")
                % {"payee": payee},
                code="account-waits",
            ) from None


@transaction.atomic
def decide_account(
    *, account: PayeeAccount, confirm: bool, acting_user: User, reason: str = ""
) -> PayeeAccount:
    """Put a proposed account in force (the one before ends), or refuse it; by another person than proposed it."""
    account = _locked(account)
    user = require_post(acting_user, CONFIRMERS, account.district)
    state = AccountState.IN_FORCE if confirm else AccountState.REFUSED
    require_move(ACCOUNT_MOVES, account.state, state, what=account.holder)
    if user.pk == account.proposed_by_id:
        raise Refused(
            _("You proposed this account yourself. Another person must confirm it."), code="same-person"
        )
    if not confirm:
        reason = require_reason(reason)
    now = business_now(account.district)
    with acting(user, reason or "confirm account"):
        if confirm:
            for before in PayeeAccount.objects.select_for_update(of=("self",)).filter(
                enterprise=account.enterprise_id, person=account.person_id, state=AccountState.IN_FORCE
            ):
                before.state, before.ended_at = AccountState.ENDED, now
                before.save(update_fields=["state", "ended_at"])
        account.state, account.decided_by, account.decided_at = state, user, now
        account.save(update_fields=["state", "decided_by", "decided_at"])
    return account


@transaction.atomic
def confirm_accounts(*, accounts: Sequence[PayeeAccount], acting_user: User) -> int:
    """Confirm several accounts, all or none; returns how many."""
    for account in sorted(accounts, key=lambda one: one.pk):
        decide_account(account=account, confirm=True, acting_user=acting_user)
    return len(accounts)


def masked_number(account: PayeeAccount) -> str:
    """The number as shown everywhere: only its last four digits."""
    return mask_account(unseal(account.number_cipher, about=ABOUT))


def masked_cipher(cipher: str) -> str:
    """A line's copied number as shown everywhere; empty without one."""
    return mask_account(unseal(cipher, about=ABOUT)) if cipher else ""


def open_account(*, account: PayeeAccount, purpose: str, acting_user: User) -> str:
    """The number in full, after the opening and its purpose are logged."""
    purpose = check_opening(purpose=purpose, acting_user=acting_user)
    with transaction.atomic():
        AccountOpening.objects.create(
            account=account,
            user=acting_user,
            purpose=purpose,
            recorded_at=business_now(account.district),
            recorded_by=acting_user.username,
        )
        return unseal(account.number_cipher, about=ABOUT)


def _locked(account: PayeeAccount) -> PayeeAccount:
    return PayeeAccount.objects.select_for_update(of=("self",)).select_related("district").get(pk=account.pk)
