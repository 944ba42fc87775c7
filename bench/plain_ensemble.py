"""The plain way to serve both members: a Keras network and a scikit-learn forest, as MLflow's documentation wraps them.

Belongs here: what the release is compared with in the same run. Does not belong here: anything of the product.
"""

from typing import Any

from mlflow.pyfunc.model import PythonModel


class PlainEnsemble(PythonModel):
    """Both members in their own libraries."""

    def __init__(self, network: Any, forest: Any) -> None:
        self._network = network
        self._forest = forest

    # MLflow asks for exactly these parameter names, and warns about types it can't turn into a schema.
    def predict(self, context, model_input, params=None):
        """Return the equal-weight mean of both members' probabilities."""
        return self.predict_both(model_input)

    def predict_both(self, matrix: Any) -> Any:
        """The same without MLflow around it."""
        return (self._network.predict(matrix, verbose=0) + self._forest.predict_proba(matrix)) / 2
