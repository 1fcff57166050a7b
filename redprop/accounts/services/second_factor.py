"""The second factor: set up, taken at sign-in, renewed, switched off, and taken away after a loss by two persons."""

import secrets
from base64 import b32encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import django_otp
import segno
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.models import FactorReset, SecondFactor, SignInSession, User, second_factor_required
from redprop.accounts.models.second_factor import ABOUT_KEY, DIGITS, STEP, hash_of_code, step_of
from redprop.accounts.models.sign_ins import SignInEntry
from redprop.accounts.services.sign_in_log import record
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.secrets import needs_new_key, seal, unseal

Kind = SignInEntry.Kind
ISSUER = "红色物业"
CODES = 10
READABLE = str.maketrans("018", "OIB")
"""What is easily misread in a recovery code: its letters are A to Z, its digits 2 to 7."""


def new_key() -> str:
    """Return a fresh base32 key of 160 bits."""
    return b32encode(secrets.token_bytes(20)).decode()


def key_address(user: User, key: str) -> str:
    """Return the address that an authenticator reads from the picture."""
    facts = urlencode({"secret": key, "digits": DIGITS, "period": STEP, "issuer": ISSUER}, quote_via=quote)
    return f"otpauth://totp/{quote(ISSUER)}:{quote(user.username)}?{facts}"


def picture(address: str) -> str:
    """Return the address as a QR code in SVG, with nothing in it that a strict policy refuses."""
    return segno.make(address, error="m", micro=False).svg_inline(
        omitsize=True, border=4, dark="#000", light="#fff"
    )


def in_fours(text: str, mark: str = " ") -> str:
    """Return a key or code in groups of four."""
    return mark.join(text[i : i + 4] for i in range(0, len(text), 4))


def fresh_codes() -> list[str]:
    """Return ten recovery codes of 60 random bits."""
    return [b32encode(secrets.token_bytes(10)).decode()[:12] for _number in range(CODES)]


def _give_codes(device: SecondFactor) -> list[str]:
    codes = fresh_codes()
    device.recovery_salt = secrets.token_hex(16)
    device.recovery_hashes = [hash_of_code(code, device.recovery_salt) for code in codes]
    return [in_fours(code, "-") for code in codes]


def enrol(*, user: User, key: str, token: str, request: Any = None) -> tuple[SecondFactor, list[str]]:
    """Keep the key whose present code is `token`; returns the device and the recovery codes, readable this once.

    A user who has a device gets the new key in its place: the caller has asked for a code of the old one.
    """
    text = token.replace(" ", "")
    step = step_of(key, text) if len(text) == DIGITS and text.isdecimal() and text.isascii() else None
    if step is None:
        raise Refused(
            _(
                "This code does not fit. Enter the six digits that the app shows now; is the phone's clock right?"
            ),
            code="factor-code",
            field="code",
        )
    with transaction.atomic(), acting(user, _("second factor set up")):
        row = User.objects.select_for_update().get(pk=user.pk)
        device = SecondFactor.objects.select_for_update().filter(user=row).first() or SecondFactor(user=row)
        device.sealed_key, device.last_step = seal(key, about=ABOUT_KEY), step
        device.confirmed = True
        device.throttle_reset(commit=False)
        codes = _give_codes(device)
        device.save()
        row.has_second_factor = True
        row.save(update_fields=["has_second_factor"])
        record(Kind.ENROLLED, user=row, request=request)
    user.has_second_factor = True
    return device, codes


@dataclass(frozen=True)
class Taken:
    """A code that counted: the device, and how many recovery codes are left if it was one of them."""

    device: SecondFactor
    codes_left: int | None


def take_code(*, user: User, token: str, request: Any = None) -> Taken:
    """Take a code of the app or a recovery code under the device's lock: of two requests with one code one passes."""
    text = token.strip()
    if not text.replace(" ", "").isdecimal():
        text = text.upper().translate(READABLE)
    device = SecondFactor.objects.filter(user=user).first()
    if device is None:
        raise Refused(_("This account has no second factor. Set it up first."), code="factor-none")
    before = len(device.recovery_hashes)
    found = django_otp.verify_token(user, device.persistent_id, text)
    if found is None:
        record(Kind.WRONG_CODE, user=user, request=request)
        device.refresh_from_db()
        if (until := device.waits_until) is not None:
            raise Refused(
                _("Too many wrong codes. The next one is taken at %(time)s.")
                % {"time": f"{timezone.localtime(until):%H:%M:%S}"},
                code="factor-wait",
                field="code",
            )
        raise Refused(
            _(
                "This code does not fit, or it has been used. Wait for the next six digits, or use a recovery code."
            ),
            code="factor-code",
            field="code",
        )
    left = len(found.recovery_hashes)
    record(Kind.RECOVERY_TAKEN if left < before else Kind.CODE_TAKEN, user=user, request=request)
    return Taken(found, left if left < before else None)


def renew_codes(*, user: User, token: str, request: Any = None) -> list[str]:
    """Ten new recovery codes against a present code; the old ones are void."""
    take_code(user=user, token=token, request=request)
    with transaction.atomic(), acting(user, _("new recovery codes")):
        device = SecondFactor.objects.select_for_update().get(user=user)
        codes = _give_codes(device)
        device.save(update_fields=["recovery_salt", "recovery_hashes"])
        record(Kind.CODES_RENEWED, user=user, request=request)
    return codes


def switch_off(*, user: User, token: str, request: Any = None) -> None:
    """Do without a second factor again, where it is not required; against a present code."""
    if second_factor_required(user):
        raise Refused(
            _("Your role requires the second factor. You can set it up on another phone instead."),
            code="factor-required",
        )
    take_code(user=user, token=token, request=request)
    with transaction.atomic(), acting(user, _("second factor switched off")):
        _remove(user)
        record(Kind.FACTOR_OFF, user=user, request=request)
    user.has_second_factor = False


def _remove(user: User) -> None:
    row = User.objects.select_for_update().get(pk=user.pk)
    SecondFactor.objects.filter(user=row).delete()
    row.has_second_factor = False
    row.save(update_fields=["has_second_factor"])


# A lost phone


def ask_reset(*, user: User, district: District, reason: str, acting_user: User) -> FactorReset:
    """Ask that the second factor of a lost phone be taken away; another administrator decides."""
    if not reason.strip():
        raise Refused(
            _("Say why: what was lost, and how you made sure who asks."), code="reason", field="reason"
        )
    if user.pk == acting_user.pk:
        raise Refused(_("Nobody resets his own second factor. Ask another administrator."), code="own")
    with transaction.atomic(), acting(acting_user, reason):
        row = User.objects.select_for_update().get(pk=user.pk)
        if not row.has_second_factor:
            raise Refused(
                _("%(user)s has no second factor to take away.") % {"user": row}, code="factor-none"
            )
        if FactorReset.objects.filter(user=row, state=FactorReset.State.ASKED).exists():
            raise Refused(_("A request for this account is waiting already."), code="factor-asked")
        return FactorReset.objects.create(
            district=district, user=row, reason=reason.strip(), asked_by=acting_user
        )


def decide_reset(*, reset: FactorReset, grant: bool, note: str = "", acting_user: User) -> FactorReset:
    """Take the second factor away and sign the user out everywhere, or refuse. Not by who asked, nor the user."""
    with transaction.atomic(), acting(acting_user, reset.reason):
        row = FactorReset.objects.select_for_update().get(pk=reset.pk)
        if row.state != FactorReset.State.ASKED:
            raise Refused(_("This has been decided already."), code="decided")
        if acting_user.pk in (row.asked_by_id, row.user_id):
            raise Refused(
                _("Who asks, who decides and whose account it is are three persons."), code="three-persons"
            )
        if not grant and not note.strip():
            raise Refused(_("Say why you refuse."), code="reason", field="note")
        row.state = FactorReset.State.GRANTED if grant else FactorReset.State.REFUSED
        row.decided_by, row.decided_at, row.note = acting_user, timezone.now(), note.strip()
        row.save(update_fields=["state", "decided_by", "decided_at", "note"])
        if grant:
            take_away(user=row.user, detail=row.reason)
    return row


def take_away(*, user: User, detail: str) -> None:
    """Remove the device and end every session; the user sets up a new one at the next sign-in."""
    _remove(user)
    SignInSession.objects.filter(user=user).delete()
    record(Kind.FACTOR_RESET, user=user, detail=detail)


def reseal_keys() -> int:
    """Move keys that were sealed under an older data key to the newest, row by row; returns how many."""
    moved = 0
    for pk, sealed in list(SecondFactor.objects.order_by("pk").values_list("pk", "sealed_key")):
        if needs_new_key(sealed):
            new = seal(unseal(sealed, about=ABOUT_KEY), about=ABOUT_KEY)
            moved += SecondFactor.objects.filter(pk=pk, sealed_key=sealed).update(sealed_key=new)
    return moved
