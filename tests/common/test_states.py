"""One table per workflow says which moves are allowed."""

import pytest
from django.db.models import TextChoices

from redprop.common.errors import Refused
from redprop.common.states import can_move, require_move


class State(TextChoices):
    DRAFT = "draft", "in preparation"
    SENT = "sent", "handed in"
    DONE = "done", "accepted"


MOVES = {State.DRAFT: {State.SENT}, State.SENT: {State.DRAFT, State.DONE}}


def test_an_allowed_move_passes_also_from_the_stored_value():
    require_move(MOVES, "draft", State.SENT, what="The meeting")
    assert can_move(MOVES, State.SENT, State.DONE)


def test_a_refused_move_names_the_state_and_what_is_possible():
    with pytest.raises(Refused, match=r"The meeting.*in preparation.*accepted.*handed in") as caught:
        require_move(MOVES, "draft", State.DONE, what="The meeting")
    assert caught.value.code == "state"
    assert caught.value.fields == {"current": "draft", "target": "done"}


def test_a_final_state_says_so():
    with pytest.raises(Refused, match="final"):
        require_move(MOVES, State.DONE, State.DRAFT, what="The meeting")
