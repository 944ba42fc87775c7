"""The promises about the risk ensemble, measured: `python -m bench.risk`.

Belongs here: speed of scoring and training, skill beside the synthetic hospital's ceiling, and the public triage table.
Does not belong here: tests (`tests/ml/risk`), the load over HTTP (`assess`, whose lines are in the same table).

Whatever is timed was called before: a first call makes what later calls find. ONNX Runtime and TensorFlow work on one
thread each, as they do in the product; scikit-learn's forest predicts on one thread. CPU time stands beside wall time:
it hardly depends on what else the machine does.

The triage table is not part of the project: without the file at `--data` that line is left out.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
import numpy as np

from bench import assess
from bench.plain_ensemble import PlainEnsemble
from bench.table import BenchRow, show
from core import sealing
from medisync.risk import read_table
from ml.features import build_risk_features
from ml.release import Scorer, pack, sign, unpack
from ml.risk import MediSyncInsightsModel, TrainingConfig
from ml.risk.crossval import evaluate_table
from ml.risk.ensemble import Ensemble
from ml.risk.forest import train_forest
from ml.risk.network import train_network
from ml.synthetic import generate_hospital, generate_synthetic_data

DATA = Path("../shared/data/ktas_triage.csv")
#: Everything that is written down only after the expert's triage, or made from it.
KTAS_LEAKS = (
    *("KTAS_RN", "Disposition", "mistriage", "Length of stay_min", "Error_group", "KTAS duration_min"),
    "Diagnosis in ED",
)
#: Gives about ten thousand rows to train on, after test and validation are held out.
PATIENTS = 12_000
SEED_HEX = "42" * 32
PATIENT = {
    "age_years": 71,
    "sex": "female",
    "condition": "Sepsis",
    "acuity": 2,
    "comorbidity_count": 2,
    "systolic_bp": 101,
    "diastolic_bp": 60,
    "heart_rate": 111,
    "respiratory_rate": 24,
    "temperature_c": 38.7,
    "spo2_pct": 92,
    "registered_at": "2026-11-01T10:00:00+00:00",
}


def rows(data: Path = DATA) -> list[BenchRow]:
    """Measure everything; about four minutes of CPU."""
    hospital = generate_hospital(patients=PATIENTS, years=3, seed=20261124, end=date(2026, 10, 31))
    registrations = hospital.registrations
    model = MediSyncInsightsModel()
    model.preprocess_data(build_risk_features(registrations, history=registrations.iloc[:0]))
    ensemble, training = retrained(model)
    payload = pack(ensemble.to_bundle({"version": 1}))
    table = [
        *training,
        *skill(model, hospital.truth["bayes_accuracy"]),
        *speed(model, ensemble, payload),
        *start_and_features(),
        *assess.rows(payload),
    ]
    return table + (public_triage(data) if data.exists() else [])


def retrained(model: MediSyncInsightsModel) -> tuple[Ensemble, list[BenchRow]]:
    """Train both members on what the model has prepared; TensorFlow is imported already."""
    began, cpu = time.perf_counter(), time.process_time()
    ensemble = model.train_models()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    what = f"retrain both members on {len(ensemble.prepared.parts.fit):,} rows, 50 epochs, export included"
    return ensemble, [BenchRow(what, "< 10 s", seconds, "s"), BenchRow("of that, CPU on both cores", "", cpu, "s")]


def skill(model: MediSyncInsightsModel, ceiling: float) -> list[BenchRow]:
    """Accuracy beside the ceiling, calibration, and ranking beside the baselines."""
    report = model.evaluate(n_bootstrap=0, has_challengers=False)
    found, raw = report.models["ensemble"], report.models["ensemble_uncalibrated"]
    return [
        BenchRow("accuracy of the consensus (naive: Bayes ceiling)", "≥ 97 %", found.accuracy.value, "", ceiling),
        BenchRow("ECE of its probabilities (naive: uncalibrated)", "≤ .03", found.ece.value, "", raw.ece.value),
        *(
            BenchRow(f"AUROC (naive: {name})", f"> {name}", found.auroc.value, "", report.models[name].auroc.value)
            for name in ("news2", "acuity", "logistic_regression")
        ),
    ]


def speed(model: MediSyncInsightsModel, ensemble: Ensemble, payload: bytes) -> list[BenchRow]:
    """Scoring by the release, beside keras.predict and scikit-learn, and beside MLflow's pyfunc of these two."""
    bundle = unpack(payload, signature=sign(payload, seed_hex=SEED_HEX), public=sealing.public_key(SEED_HEX))
    scorer = Scorer(bundle)
    one, thousand = scorer.encode([PATIENT]), scorer.encode([PATIENT] * 1000)
    originals = plain_models(model, ensemble)
    table: list[BenchRow] = []
    fast50, fast99 = quantiles(partial(scorer.member_probabilities, one), 20_000)
    batch, _ = quantiles(partial(scorer.member_probabilities, thousand), 100)
    for name, predict in (
        ("keras.predict + scikit-learn", originals.predict_both),
        ("mlflow pyfunc", pyfunc(originals)),
    ):
        slow50, slow99 = quantiles(partial(predict, one), 60)
        slow_batch, _ = quantiles(partial(predict, thousand), 15)
        table += [
            BenchRow(f"both members, one row, p50 (naive: {name})", "", fast50 * 1e6, "µs", slow50 * 1e6),
            BenchRow(f"both members, one row, p99 (naive: {name})", "< 100 µs", fast99 * 1e6, "µs", slow99 * 1e6),
            BenchRow(f"both members, 1,000 rows, p50 (naive: {name})", "", batch * 1e3, "ms", slow_batch * 1e3),
        ]
    _, assessed = quantiles(partial(scorer.assess, PATIENT), 2000)
    many, _ = quantiles(partial(scorer.assess_many, [PATIENT] * 1000), 15)
    return [
        *table,
        BenchRow(
            "both members, one row, CPU", "< 40 µs", cpu_of(partial(scorer.member_probabilities, one)) * 1e6, "µs"
        ),
        BenchRow("assess one patient with reasons in words, p99", "< 5 ms", assessed * 1e3, "ms"),
        BenchRow(
            "assess one patient with reasons in words, CPU", "", cpu_of(partial(scorer.assess, PATIENT)) * 1e3, "ms"
        ),
        BenchRow("assess 1,000 patients, p50", "< 100 ms", many * 1e3, "ms"),
        BenchRow("largest difference to Keras and scikit-learn, golden set", "< 1e-5", scorer.golden_difference, ""),
    ]


def plain_models(model: MediSyncInsightsModel, ensemble: Ensemble) -> PlainEnsemble:
    """Return both members in their own libraries: one epoch makes a network that takes as long to ask as fifty."""
    prepared = ensemble.prepared
    fit = prepared.parts.fit[:2000]
    held = (prepared.matrix[fit], prepared.labels[fit])
    network = train_network(*held, validation=held, config=TrainingConfig(epochs=1)).model
    return PlainEnsemble(network, train_forest(*held, config=model.config))


def pyfunc(originals: PlainEnsemble) -> Callable[[np.ndarray], object]:
    """Save both members as one MLflow model, load it as its documentation says, and return its `predict`."""
    with TemporaryDirectory() as folder:
        mlflow.pyfunc.save_model(f"{folder}/model", python_model=originals, pip_requirements=[])
        return mlflow.pyfunc.load_model(f"{folder}/model").predict


def quantiles(act: Callable[[], object], calls: int) -> tuple[float, float]:
    """Seconds of a call: median and 99 %; a tenth as many calls go before and do not count."""
    for _ in range(calls // 10 + 1):
        act()
    found: list[float] = []
    for _ in range(calls):
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    median, slowest = np.quantile(found, [0.5, 0.99])
    return float(median), float(slowest)


def cpu_of(act: Callable[[], object], calls: int = 2000) -> float:
    """CPU seconds of a call, the mean of many."""
    act()
    began = time.process_time()
    for _ in range(calls):
        act()
    return (time.process_time() - began) / calls


def start_and_features() -> list[BenchRow]:
    """CPU seconds to import the scorer in a fresh process, and to build the features of many registrations."""
    code = "import time, ml.release; print(time.process_time())"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    many = generate_synthetic_data(300_000)
    began = time.process_time()
    build_risk_features(many, history=many.iloc[:0])
    seconds = time.process_time() - began
    return [
        BenchRow("import of the scorer in a fresh process, CPU", "< 1.5 s", float(printed), "s"),
        BenchRow("features of 300,000 registrations, CPU", "< 3 s", seconds, "s"),
    ]


def public_triage(data: Path) -> list[BenchRow]:
    """The published forest on the Korean triage table: three classes, nothing that is known only afterwards."""
    report = evaluate_table(
        read_table(data),
        target="KTAS_expert",
        exclude=KTAS_LEAKS,
        merge=[["1", "2"], ["3"], ["4", "5"]],
        n_bootstrap=0,
        tell=lambda text: print(text, file=sys.stderr),
    )
    found = report.models["ensemble"]
    return [
        BenchRow("KTAS, three classes: accuracy (naive: published forest)", "> .649", found.accuracy.value, "", 0.649),
        BenchRow("KTAS, three classes: macro F1 (naive: published forest)", "> .620", found.f1_macro.value, "", 0.620),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    data = parser.parse_args().data
    show(rows(data))
    if not data.exists():
        print(f"the public triage table was not evaluated: {data} is not there")


if __name__ == "__main__":
    main()
