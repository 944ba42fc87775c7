"""The consensus as the requirement states it, every combination of votes."""

import numpy as np
import pytest

from core.errors import InputError
from core.vocabulary import RISK_CLASSES
from ml.release import Calibration, ConsensusRule
from ml.release.consensus import LEVELS

#: (network, forest) -> level: equal weights, half-way scores go up.
TABLE = {
    (0, 0): "low",
    (0, 1): "moderate",
    (0, 2): "moderate",
    (1, 1): "moderate",
    (1, 2): "high",
    (2, 2): "high",
}


@pytest.mark.parametrize(("votes", "level"), TABLE.items())
def test_two_votes_make_the_level_of_the_table_whoever_casts_them(votes: tuple[int, int], level: str) -> None:
    rule = ConsensusRule()
    for network, forest in (votes, votes[::-1]):
        scores = rule.scores(np.array([network]), np.array([forest]))
        assert scores[0] == (network + forest) / 2
        assert LEVELS[rule.levels(scores)[0]] == level


@pytest.mark.parametrize(
    ("level", "news2", "single", "expected"),
    [(2, 7, 0, 3), (2, 6, 2, 2), (2, 0, 3, 3), (1, 20, 3, 1), (0, 20, 3, 0)],
)
def test_critical_comes_only_from_the_clinical_rule_on_top_of_high(
    level: int, news2: float, single: float, expected: int
) -> None:
    found = ConsensusRule().escalate(np.array([level]), np.array([news2]), np.array([single]))
    assert found.tolist() == [expected]


def test_thresholds_have_an_owner_and_rise() -> None:
    assert ConsensusRule().owner
    with pytest.raises(InputError, match="owner"):
        ConsensusRule(owner="")
    with pytest.raises(InputError, match="rise"):
        ConsensusRule(moderate_from=1.5, high_from=0.5)
    with pytest.raises(InputError, match="sum to 1"):
        ConsensusRule(network_weight=0.9)


def test_calibration_keeps_rows_at_one_and_does_nothing_at_one_and_zero() -> None:
    given = np.array([[0.7, 0.2, 0.1], [0.0, 0.5, 0.5]])
    np.testing.assert_allclose(Calibration().apply(given)[0], given[0])
    sharper = Calibration(0.5, (0.2, 0.0, -0.2)).apply(given)
    np.testing.assert_allclose(sharper.sum(axis=1), 1)
    assert sharper[0, 0] > given[0, 0]
    assert len(RISK_CLASSES) == sharper.shape[1]
