"""A small chosen set, asked by the wrong door; `pytest --wrong-door tests/http` is all of it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.wrong_door
