"""Codes that carry a check digit, numbers that must not stand in free text, and how to mask them.

USCC follows GB 32100-2015, resident ID numbers GB 11643-1999. Nothing here stores or looks up.
"""

import re
from datetime import date

from django.utils.translation import gettext as _
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidLength, ValidationError

from redprop.common.errors import Refused
from redprop.common.text import normalise

_NOT_IN_USCC = re.compile(r"[^0-9A-HJ-NPQRTUWXY]")
_SEPARATED = r"[\s\-]?"
_MOBILE = re.compile(
    rf"(?<![\d.])(?:\+?86{_SEPARATED})?1[3-9]\d{_SEPARATED}\d{{4}}{_SEPARATED}\d{{4}}(?![\d.]\d|\d)"
)
_ID_LIKE = re.compile(
    rf"(?<![0-9A-Za-z])[1-9]\d{{5}}{_SEPARATED}\d{{8}}{_SEPARATED}\d{{3}}[\dXx](?![0-9A-Za-z])"
)
_OLD_ID_LIKE = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{14}(?![0-9A-Za-z])")


def check_uscc(value: str) -> str:
    """Return the unified social credit code in capitals without separators; raises Refused with the reason."""
    code = uscc.compact(normalise(value).upper())
    if len(code) != 18:
        raise Refused(
            _(
                "The unified social credit code “%(code)s” has %(length)s characters instead of 18. Copy it from the business licence."
            )
            % {"code": code, "length": len(code)},
            code="uscc-length",
            field="uscc",
        )
    wrong = _NOT_IN_USCC.search(code)
    if wrong:
        raise Refused(
            _(
                "The unified social credit code “%(code)s” contains “%(char)s”, which such codes never use (the letters I, O, S, V and Z are left out). Copy it from the business licence."
            )
            % {"code": code, "char": wrong[0]},
            code="uscc-character",
            field="uscc",
        )
    try:
        uscc.validate(code)
    except InvalidChecksum:
        expected = uscc.calc_check_digit(code[:17])
        raise Refused(
            _(
                "The unified social credit code “%(code)s” has a wrong check character: the last one is “%(given)s” but should be “%(expected)s” if the rest is right. Compare it with the business licence."
            )
            % {"code": code, "given": code[17], "expected": expected},
            code="uscc-check",
            field="uscc",
        ) from None
    except ValidationError:
        raise Refused(
            _(
                "The unified social credit code “%(code)s” does not have the form of such a code: the first eight characters must be digits (authority, kind and region). Copy it from the business licence."
            )
            % {"code": code},
            code="uscc-form",
            field="uscc",
        ) from None
    return code


def check_resident_id(value: str) -> str:
    """Return the 18-character resident ID number; raises Refused with the reason, never quoting the number."""
    number = ric.compact(normalise(value).upper())
    try:
        return str(ric.validate(number))
    except InvalidLength:
        text = _("A resident ID number has 18 characters, this one has %(length)s.") % {"length": len(number)}
    except InvalidChecksum:
        text = _(
            "The last character of this resident ID number does not match the others (check digit). Compare it with the card."
        )
    except InvalidComponent:
        text = _(
            "The date of birth or the region in this resident ID number does not exist. Compare it with the card."
        )
    except ValidationError:
        text = _("A resident ID number consists of 17 digits and a digit or X at the end.")
    raise Refused(text, code="resident-id", field="id_number")


def resident_id_check_digit_ok(number: str) -> bool:
    """Tell whether the 18th character fits the first 17, without asking for region or birth date."""
    return bool(re.fullmatch(r"\d{17}[\dX]", number)) and ric.calc_check_digit(number) == number[17]


def find_personal_numbers(text: object) -> list[str]:
    """Return what looks like a mobile number or a resident ID number in free text, in order of kind.

    An 18-digit code counts only when its seventh to fourteenth digits can be a date of birth.
    """
    plain = normalise(text)
    found = [m[0] for m in _MOBILE.finditer(plain)]
    for match in _ID_LIKE.finditer(plain):
        digits = re.sub(r"[\s\-]", "", match[0])
        if _is_birth_date(digits[6:14]):
            found.append(match[0])
    found += [m[0] for m in _OLD_ID_LIKE.finditer(plain) if _is_birth_date("19" + m[0][6:12])]
    return found


def mask_personal_numbers(text: str) -> tuple[str, list[str]]:
    """Return `text` with the mobile and ID numbers in it masked, and the masked forms; all else stays as typed."""
    # Width and invisible characters do not hide a number: each kept character remembers where it stood.
    plain = ""
    places: list[int] = []
    for place, char in enumerate(text):
        for part in normalise(char) or (" " if char.isspace() else ""):
            plain += part
            places.append(place)
    masked: list[str] = []
    cuts: list[tuple[int, int, str]] = []
    for pattern in (_MOBILE, _ID_LIKE, _OLD_ID_LIKE):
        for match in pattern.finditer(plain):
            if find_personal_numbers(match[0]):
                cuts.append((places[match.start()], places[match.end() - 1] + 1, mask_number(match[0])))
    for start, end, mask in sorted(cuts, reverse=True):
        text = text[:start] + mask + text[end:]
        masked.insert(0, mask)
    return text, masked


def refuse_personal_numbers(text: object, *, field: object) -> None:
    """Raise Refused when `text` holds a mobile number or an ID-like number; `field` is its name for the user."""
    found = find_personal_numbers(text)
    if found:
        raise Refused(
            _(
                "“%(field)s” contains what looks like a mobile or ID number (%(masked)s). Leave personal numbers out of this field."
            )
            % {"field": field, "masked": mask_number(found[0])},
            code="personal-number",
            field=str(field),
        )


def _is_birth_date(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 1900 <= born.year <= 2100


def mask_mobile(number: str) -> str:
    """Return 138****1234 (S74)."""
    number = number.strip()
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else "*" * len(number)


def mask_resident_id(number: str) -> str:
    """Return 35*************123: first two and last three characters (S74)."""
    number = number.strip()
    return f"{number[:2]}{'*' * (len(number) - 5)}{number[-3:]}" if len(number) >= 15 else "*" * len(number)


def mask_account(number: str) -> str:
    """Return a bank account with only its last four digits."""
    number = number.strip()
    return f"{'*' * (len(number) - 4)}{number[-4:]}" if len(number) >= 8 else "*" * len(number)


def mask_number(number: str) -> str:
    """Return a mobile or ID number masked by its length."""
    digits = re.sub(r"[\s\-]", "", number)
    return mask_resident_id(digits) if len(digits) >= 15 else mask_mobile(digits[-11:])


def mask_sign(sign: str) -> str:
    """Return the sign of a household or resident with its first character alone: 甲3 → 甲**."""
    return f"{sign.strip()[:1]}**"


def mask_name(name: str) -> str:
    """Return a person's name with the middle hidden: 张三 → 张*, 欧阳小明 → 欧**明."""
    name = name.strip()
    if len(name) <= 2:
        return name[:1] + "*" * (len(name) - 1)
    return name[0] + "*" * (len(name) - 2) + name[-1]
