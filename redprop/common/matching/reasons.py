"""A reason for or against a match: its sentence is kept untranslated and put into words when shown."""

from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class Reason:
    """An English sentence with its values; `str` gives it in the reader's language.

    A value may be a reason itself, such as "a phase" in "only one of them names %(what)s".
    """

    text: str
    values: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        """Return the sentence in the active language."""
        told = gettext(self.text)
        return told % {name: str(value) for name, value in self.values} if self.values else told

    def as_list(self) -> list[Any]:
        """Return plain values to keep, as `from_list` reads them."""
        return [self.text, {n: v.as_list() if isinstance(v, Reason) else v for n, v in self.values}]

    @classmethod
    def from_list(cls, kept: Any) -> Self | str:
        """Return the reason that was kept; a sentence of an older release stands as it is."""
        if isinstance(kept, str):
            return kept
        text, values = kept
        return cls(
            text,
            tuple((n, cls.from_list(v) if isinstance(v, list) else v) for n, v in values.items()),
        )


def reason(text: str, **values: Any) -> Reason:
    """Return the reason `text`, an English sentence marked by `gettext_noop`, with its values."""
    return Reason(text, tuple(values.items()))
