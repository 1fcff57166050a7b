"""Sentences about data that does not fit, kept apart from their language.

A `Problem` carries an English template and its values. The portal translates the template with
gettext, the verifier with the small table in `messages.py`; nothing here needs either.
"""

from dataclasses import dataclass, field


def gettext_noop(message: str) -> str:
    """Mark a template for translation and return it unchanged."""
    return message


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: `code` for machines, `template % values` for people."""

    code: str
    template: str
    values: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template % self.values


class NotUsable(ValueError):
    """Rubric or bundle data that cannot be read at all; carries a Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
