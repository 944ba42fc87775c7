"""`MediSyncInsightsModel`: the ensemble under the requirement's names.

Belongs here: the order of the steps from features to a release. Does not belong here: any step's arithmetic.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd

from core.errors import ConflictError
from ml.release.consensus import ConsensusRule
from ml.risk.config import TrainingConfig
from ml.risk.ensemble import Ensemble, combine
from ml.risk.member import Progress, train_forest_member, train_network_member
from ml.risk.preprocessing import Prepared, prepare
from ml.risk.report import EnsembleReport, evaluate_ensemble


class MediSyncInsightsModel:
    """The risk ensemble from a feature frame to a release.

    Parameters
    ----------
    config : TrainingConfig, optional
        Seed, epochs, split and so on; the requirement's values by default.
    rule : ConsensusRule, optional
        Score map, weights and thresholds; the requirement's by default.
    progress : callable, optional
        Told after each epoch of the network: (done, all, validation loss).

    Examples
    --------
    >>> model = MediSyncInsightsModel()                                     # doctest: +SKIP
    >>> model.preprocess_data(build_risk_features(rows, history=earlier))   # doctest: +SKIP
    >>> model.train_models()                                                # doctest: +SKIP
    >>> model.evaluate().models["ensemble"].accuracy.value                  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        config: TrainingConfig | None = None,
        rule: ConsensusRule | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.config = config or TrainingConfig()
        self.rule = rule or ConsensusRule()
        self._progress = progress
        self._prepared: Prepared | None = None
        self._ensemble: Ensemble | None = None

    def preprocess_data(self, features: pd.DataFrame) -> Prepared:
        """Split 70-30, fit encoder and scaler on the training part only, and encode; see `ml.risk.preprocessing`."""
        self._ensemble = None
        self._prepared = prepare(features, self.config)
        return self._prepared

    def build_tensorflow_model(self, input_shape: tuple[int, ...]) -> Any:
        """Return the compiled, untrained Keras network of the requirement."""
        # TensorFlow takes ten seconds to import: only who builds a network pays.
        from ml.risk.network import build_network

        return build_network(input_shape)

    def train_models(self, prepared: Prepared | None = None) -> Ensemble:
        """Train network and forest and put them together.

        Raises
        ------
        ConflictError
            If there is no prepared data yet.
        """
        prepared = prepared or self._prepared
        if prepared is None:
            raise ConflictError("nothing to train on: call preprocess_data first")
        # The network keeps one core busy: the forest grows on the other.
        with ThreadPoolExecutor(max_workers=1) as beside:
            growing = beside.submit(train_forest_member, prepared, self.config)
            network = train_network_member(prepared, self.config, progress=self._progress)
            self._ensemble = combine(prepared, network, growing.result(), rule=self.rule)
        return self._ensemble

    @property
    def ensemble(self) -> Ensemble:
        """The trained ensemble.

        Raises
        ------
        ConflictError
            If `train_models` has not been called since the last `preprocess_data`.
        """
        if self._ensemble is None:
            raise ConflictError("not trained yet: call train_models first")
        return self._ensemble

    def consensus(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the consensus for each feature row: level, score, both votes, disagreement, probabilities."""
        return self.ensemble.consensus_frame(features)

    def evaluate(self, *, n_bootstrap: int = 200, has_challengers: bool = True) -> EnsembleReport:
        """Return all metrics on the test part, beside the baselines; see `ml.risk.report`."""
        return evaluate_ensemble(
            self.ensemble, config=self.config, n_bootstrap=n_bootstrap, has_challengers=has_challengers
        )
