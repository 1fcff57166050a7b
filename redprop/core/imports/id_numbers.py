"""Register `people-id-numbers`: ID numbers of employees by file, encrypted on their way in.

Numbers are matched by their keyed hash, shown and exported masked, and never repeated in a message;
the uploaded file is removed once it is written or given up.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import DateField, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from redprop.common.errors import Refused
from redprop.common.identifiers import check_resident_id, mask_resident_id
from redprop.common.secrets import unseal
from redprop.common.tabular import bulk, codes, kinds
from redprop.common.tabular.cells import CellError, clean
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, REFUSED, Plan, Row, stored_rows
from redprop.core.imports.ground import people_in_register
from redprop.core.models import Person
from redprop.core.services.people import ABOUT, birth_date_in, hash_id_number, set_id_number
from redprop.core.services.search_keys import fill_person

LOOKED_UP = 5_000


class Number(str):
    """A checked ID number that never shows itself: its `repr` is its keyed hash."""

    __slots__ = ()

    def __repr__(self) -> str:
        return hash_id_number(str(self))


class Masked(str):
    """35*************123 from an export: says only that nothing changes."""

    __slots__ = ()


@dataclass(frozen=True)
class IdNumber(kinds.Kind):
    """A resident ID number; stored as its cipher, written masked."""

    width = 24

    def parse(self, raw: object, factor: int = 1) -> Number | Masked:
        """Return the number, or the mask that an export writes."""
        text = clean(raw)
        if "*" in text:
            return Masked(text)
        try:
            return Number(check_resident_id(text.replace(" ", "")))
        except Refused as refused:
            raise CellError(str(refused), hide=True) from None

    def same(self, stored: Any, new: Any) -> bool:
        """Tell whether the stored cipher holds this number, or one that is masked like this."""
        if not stored:
            return False
        number = unseal(stored, about=ABOUT)
        return bool((mask_resident_id(number) if isinstance(new, Masked) else number) == str(new))

    def out(self, value: Any) -> Any:
        """Return the number masked: from its cipher, or as the file gave it."""
        if not value:
            return None
        if isinstance(value, Masked):
            return str(value)
        return mask_resident_id(str(value) if isinstance(value, Number) else unseal(value, about=ABOUT))

    def show(self, value: Any) -> str:
        """Return the number masked."""
        return self.out(value) or ""


def _number(plan: Plan, row: Row) -> Number | None:
    value = row.values[plan.at["id_number"]]
    return value if isinstance(value, Number) else None


def _owners(context: Context, hashes: set[str]) -> dict[str, Any]:
    """Return hash → primary key of the persons who have these numbers, whoever may see them."""
    rows = Person.objects.filter(district=context.district, merged_into__isnull=True)
    return dict(rows.filter(id_number_hash__among=hashes).values_list("id_number_hash", "pk"))


def _match(context: Context, plan: Plan, rows: list[Row]) -> None:
    """Find the persons of rows without a code by their numbers; refuse who may be somebody recorded without one."""
    hashed = {hash_id_number(number): row for row in rows if (number := _number(plan, row))}
    owners = _owners(context, set(hashed))
    stored = stored_rows(plan.register, context, set(owners.values()))
    for digest, pk in owners.items():
        row = hashed[digest]
        if pk in stored:
            row.pk, row.old = pk, stored[pk]
    new = [row for row in rows if row.old is None]
    names = {name for row in new if (name := plan.value(row, "name"))}
    alike: dict[str, list[str]] = {}
    unnumbered = people_in_register(context).filter(id_number_hash="", name__among=names)
    for code, name in unnumbered.order_by("code").values_list("code", "name"):
        alike.setdefault(name, []).append(code)
    for row in new:
        if known := alike.get(plan.value(row, "name") or ""):
            plan.refuse(
                row,
                "code",
                _(
                    "A person of this name is recorded without an ID number: %(codes)s. Write the code if it is this person; a namesake is recorded by hand."
                )
                % {"codes": "、".join(known[:5])},
            )


def _check(context: Context, plan: Plan) -> None:
    codes.refuse_reused(context, plan)
    first: dict[str, int] = {}
    numbered = [
        (row, hash_id_number(number)) for row in plan.of(NEW, CHANGED) if (number := _number(plan, row))
    ]
    owners = _owners(context, {digest for _row, digest in numbered})
    for row, digest in numbered:
        if first.setdefault(digest, row.number) != row.number:
            plan.refuse(
                row,
                "id_number",
                _("Row %(row)s has the same ID number. Correct one of the two.") % {"row": first[digest]},
                hide=True,
            )
        elif owners.get(digest, row.pk) != row.pk:
            plan.refuse(
                row,
                "id_number",
                _("A person with this ID number is already recorded. Use that record."),
                hide=True,
            )
    for row, _digest in numbered:
        born, number = plan.value(row, "birth_date"), _number(plan, row)
        if born and number and birth_date_in(str(number)) != born:
            plan.refuse(
                row,
                "birth_date",
                _(
                    "By the ID number this person was born on another day than the file says. Compare with the card: correct the number or the date."
                ),
                hide=True,
            )
    for row in plan.of(NEW, CHANGED):
        if isinstance(plan.value(row, "id_number"), Masked) and plan.differs(row, "id_number"):
            plan.refuse(
                row,
                "id_number",
                _("This masked number is not the recorded one. Write the number in full, or clear the cell."),
                hide=True,
            )


def _rows(context: Context) -> Any:
    return people_in_register(context).annotate(birth_date=Value(None, DateField()))


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk
    fill_person(instance)


def _save_numbers(context: Context, plan: Plan) -> None:
    """Encrypt the numbers of the rows written; one query and one update for each part."""
    for part in plan.parts_of(NEW, CHANGED):
        numbers = {row.pk: number for row in part if row.status != REFUSED and (number := _number(plan, row))}
        people = list(Person.objects.filter(pk__among=numbers))
        for person in people:
            set_id_number(person, str(numbers[person.pk]))
        bulk.update(people, ["id_number_cipher", "id_number_hash"])


register(
    Register(
        name="people-id-numbers",
        title=gettext_lazy("ID numbers of persons"),
        model=Person,
        key=("code",),
        rows=_rows,
        order=("code",),
        prepare=_own,
        derived=("pinyin",),
        match=_match,
        check=_check,
        allot=lambda context, plan: codes.allot(context, plan, prefix="RY", digits=5),
        after=_save_numbers,
        allotted_key=True,
        keep_file=False,
        columns=(
            Column(
                "code",
                "人员编号",
                kinds.Code(longest=20),
                ("编号", "人员编码"),
                help="不填：按证件号码查找，查不到的作为新增人员",
                example="RY00001",
            ),
            Column("name", "姓名", kinds.Name(longest=50), ("人员姓名",), required=True, example="张某某"),
            Column(
                "id_number",
                "身份证号码",
                IdNumber(),
                ("身份证号", "身份证", "公民身份号码", "证件号码"),
                attr=None,
                source="id_number_cipher",
                help="只用于企业员工；加密保存，导出时只显示首尾几位；导入后文件即删除",
                example="110101199003070257",
            ),
            Column(
                "birth_date",
                "出生日期",
                kinds.Date(),
                ("出生年月日", "生日"),
                attr=None,
                transient=True,
                help="可不填；只用来核对身份证号，不保存",
            ),
        ),
    )
)
