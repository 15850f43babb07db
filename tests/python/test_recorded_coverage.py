"""Every recorded scenario is replayed by a test, or left out for a reason that is written down."""

import importlib
import pathlib

from recorded import REPLAYED, SCENARIOS
from recorded_scope import LEFT_OUT, PENDING

for module in sorted(pathlib.Path(__file__).parent.glob("test_recorded_*.py")):
    importlib.import_module(module.stem)


def test_each_scenario_is_replayed_or_left_out():
    left_out = {name for name in SCENARIOS if name.startswith(tuple(LEFT_OUT))}
    assert REPLAYED | left_out == set(SCENARIOS)
    assert not REPLAYED & left_out


def test_no_reason_is_left_over():
    for prefix in LEFT_OUT:
        assert any(name.startswith(prefix) for name in SCENARIOS), prefix
    assert set(PENDING) <= REPLAYED
