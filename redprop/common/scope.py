"""What a user may reach, as plain ids. The accounts app computes it, every register's queryset reads it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Scope:
    """Areas a user is posted to today, and the enterprises whose contact the user is.

    A wider posting contains the narrower ones: whoever is posted to a district reaches all of
    its subdistricts. `everything` is true for the superuser of a demo only. `administered_ids` are
    the districts whose accounts, postings or audit trail an administrator keeps: their areas are
    seen, their registers are not.
    """

    user_id: int | None = None
    everything: bool = False
    district_ids: frozenset[int] = field(default_factory=frozenset)
    subdistrict_ids: frozenset[int] = field(default_factory=frozenset)
    community_ids: frozenset[int] = field(default_factory=frozenset)
    administered_ids: frozenset[int] = field(default_factory=frozenset)

    @property
    def is_empty(self) -> bool:
        """Whether no posting is in force; an enterprise's contact may still reach the enterprise."""
        return not (self.everything or self.district_ids or self.subdistrict_ids or self.community_ids)

    @property
    def only_districts(self) -> bool:
        """Whether whole districts are all that is reached: then lists are read by their district's index."""
        return bool(self.district_ids) and not (
            self.everything or self.subdistrict_ids or self.community_ids or self.administered_ids
        )


def scope_of(user: object) -> Scope:
    """The scope of `user`; an anonymous or inactive one reaches nothing."""
    if not getattr(user, "is_authenticated", False) or not getattr(user, "is_active", False):
        return Scope()
    return user.scope  # type: ignore[attr-defined,no-any-return]
