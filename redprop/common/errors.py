"""The one base exception for everything a user can put right.

Raise `Refused` with a translated sentence that names the field and the way out. Pages show it,
commands print it and exit 1, tasks park the row with it. Programming errors stay what they are.
"""


class Refused(Exception):
    """A wish that the rules do not allow; `str()` is the sentence for the user.

    `code` is stable and machine-readable; `fields` hold the values the sentence speaks of.
    The message may be lazy: it is translated when it is shown.
    """

    def __init__(self, message: object, *, code: str = "refused", **fields: object) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.fields = fields

    def __str__(self) -> str:
        return str(self.message)

    def as_dict(self) -> dict[str, object]:
        """Return the refusal as plain values for `--json` output."""
        return {"refused": str(self), "code": self.code, **{k: str(v) for k, v in self.fields.items()}}
