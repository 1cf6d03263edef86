"""What is stored can be brought back."""

from __future__ import annotations

import pytest

from plixa.storage.codec import decode_state, encode_state, shape_of
from plixa.storage.prepare import KINDS


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_state_has_a_shape_and_comes_back_from_a_snapshot(kind) -> None:
    state = kind.initial(7)
    cls = type(state)
    assert len(shape_of(cls)) == 16
    assert decode_state(cls, encode_state(state, None, "1/x-7/state"), None, "1/x-7/state") == state
