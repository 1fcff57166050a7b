"""The base exception for what a user can put right."""

from redprop.common.errors import Refused


def test_a_refusal_is_its_sentence_and_carries_code_and_fields():
    refusal = Refused("The period 2026Q3 is still open.", code="open", period="2026Q3")
    assert str(refusal) == "The period 2026Q3 is still open."
    assert refusal.as_dict() == {"refused": str(refusal), "code": "open", "period": "2026Q3"}
