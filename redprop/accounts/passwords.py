"""What makes a password too easy here: one's own name, words that everybody takes, one kind of character.

Beside Django's own validators (length, its list of 20,000, digits alone, likeness to the user's data).
"""

import re
from typing import Any

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from redprop.common.text import pinyin_full

OWN_PART = 4
"""So many characters must be left when everything common is taken out."""

LEET = str.maketrans({"@": "a", "0": "o", "1": "l", "3": "e", "$": "s", "5": "s"})

WORDS = (
    # keyboard and counting
    "qwertyuiop", "qwerty", "asdfghjkl", "asdfgh", "asdf", "zxcvbnm", "zxcvbn", "zxcv", "qwer", "1qaz", "2wsx",
    "3edc", "qazwsx", "abcdef", "abcd", "abc", "aaaaaa", "aaa", "123456789", "987654321", "12345678", "1234567",
    "123456", "654321", "54321", "12345", "4321", "1234", "123", "321", "112233", "123123", "000000", "111111",
    "666666", "888888", "999999", "666", "888", "000", "111", "520", "521", "1314", "5201314", "147258", "159357",
    # feelings, wishes and people
    "woaini", "woaiwojia", "woaizhongguo", "aini", "zhongguo", "china", "beijing", "hello", "iloveyou", "love",
    "baobao", "baobei", "laopo", "laogong", "mama", "baba", "dearbook", "wang", "zhang", "long", "jiayou",
    "facai", "gongxifacai", "shunli", "pingan", "jixiang", "kuaile", "xingfu",
    # the office
    "password", "passwd", "pass", "mima", "admin", "administrator", "root", "guest", "user", "test", "ceshi",
    "default", "system", "login", "welcome", "huanying", "guanliyuan", "guanli",
    # this place and this programme
    "wuhan", "hubei", "jiangan", "hankou", "hongseyinqing", "hongsewuye", "hongse", "wuye", "wygl", "shequ",
    "jiedao", "xiaoqu", "dangjian", "dangyuan", "dangzhibu", "zhibu", "shuji", "minzheng", "fangguan", "zhengfu",
    "redproperty", "property",
)  # fmt: skip
"""Longest first when they are taken out."""

YEARS = re.compile(r"(19[4-9]\d|20[0-4]\d)(0[1-9]|1[0-2])?([0-2]\d|3[01])?")
REPEATS = re.compile(r"(.)\1{2,}")


def own_part(password: str) -> str:
    """Return what is left of a password without common words, years, days, runs and repeated characters."""
    left = YEARS.sub("\0", password.lower())
    for found in (left, left.translate(LEET)):
        for word in sorted(WORDS, key=len, reverse=True):
            found = found.replace(word, "\0")
        found = re.sub(r"[\W_\0]", "", REPEATS.sub("", found))
        left = min(left, found, key=len)
    return left


class CommonHere:
    """Refuses what is made of common words, years and runs alone, such as Hongse@2026 or woaini1314."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError with the way out."""
        if len(own_part(password)) < OWN_PART:
            raise ValidationError(
                _(
                    "This is a password that is tried first: common words, years and runs of keys. Put a few unrelated words together."
                ),
                code="password_common_here",
            )

    def get_help_text(self) -> str:
        """In the list of rules."""
        return _("No common words with a year or a run of keys, such as Hongse@2026 or woaini1314.")


class NotOneself:
    """Refuses a password that holds the user name or the pinyin of one's name."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError."""
        if user is None:
            return
        plain = re.sub(r"[\W_]", "", password.lower())
        names = [user.username, pinyin_full(user.full_name) if user.full_name else ""]
        for name in names:
            letters = re.sub(r"[\W_]", "", name.lower())
            if len(letters) >= OWN_PART and letters in plain:
                raise ValidationError(
                    _("The password holds your user name or your own name. Leave it out."),
                    code="password_oneself",
                )

    def get_help_text(self) -> str:
        """In the list of rules."""
        return _("Not your user name and not your own name, neither in pinyin.")


class LongEnough(MinimumLengthValidator):
    """Django's minimum, in a sentence that is translated (its own lost its translation with 5.2)."""

    def get_error_message(self) -> str:
        """Beside the field."""
        return _("The password is too short: %(least)s characters at least.") % {"least": self.min_length}


class Kinds:
    """Three kinds of characters, or two from sixteen characters on (a sentence is as good)."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError."""
        kinds = sum(bool(re.search(kind, password)) for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[\W_]"))
        if kinds < (2 if len(password) >= 16 else 3):
            raise ValidationError(self.get_help_text(), code="password_kinds")

    def get_help_text(self) -> str:
        """In the list of rules."""
        return _(
            "Three kinds of small letters, capitals, digits and signs; two are enough from sixteen characters on."
        )
