"""What the pipeline computes fits what the API declares, and survives suppression and export."""

from datetime import date

import orjson
import pytest

from core.vocabulary import ANALYTICS_SECTIONS
from ml.small_cells import SMALLEST_SHOWN, suppress_sections
from serving.analytics import sections
from serving.analytics.pages import Published, compose
from serving.analytics.schemas import AnalyticsPage
from serving.analytics.tables import long_table, table_of

MODELS = {
    "health_trends": sections.HealthTrends,
    "demographics": sections.Demographics,
    "associations": sections.Associations,
    "patient_volume": sections.PatientVolume,
    "illness_surge": sections.IllnessSurge,
}


@pytest.fixture(scope="module")
def computed() -> dict[str, dict]:
    """The five analyses of a small synthetic hospital, as the JSON that is published."""
    from ml import analytics
    from ml.synthetic import generate_hospital

    rows = generate_hospital(patients=400, years=3, seed=7, end=date(2026, 11, 22)).registrations
    results = {
        "health_trends": analytics.perform_patient_health_trends(rows),
        "demographics": analytics.analyze_patient_demographics(rows),
        "associations": analytics.analyze_illness_prediction_chi_square(rows),
        "patient_volume": analytics.predict_patient_volume(rows),
        "illness_surge": analytics.predict_illness_surge(rows),
    }
    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_SERIALIZE_DATACLASS
    return {section: orjson.loads(orjson.dumps(result, option=options)) for section, result in results.items()}


@pytest.mark.parametrize("section", ANALYTICS_SECTIONS)
def test_an_analysis_has_exactly_the_declared_fields(computed, section):
    model = MODELS[section]
    assert model.model_validate(computed[section]).model_dump(mode="json") == computed[section]


@pytest.mark.parametrize("section", ANALYTICS_SECTIONS)
def test_a_suppressed_analysis_still_fits_and_shows_no_small_count(computed, section):
    data = suppress_sections(computed)[section]
    MODELS[section].model_validate(data)

    def counts(node):
        if isinstance(node, dict):
            for name, value in node.items():
                if name in ("count", "total", "observed") or name.endswith("_count"):
                    yield value
                yield from counts(value)
        elif isinstance(node, list):
            for value in node:
                yield from counts(value)

    assert not [count for count in counts(data) if count is not None and 0 < count < SMALLEST_SHOWN]


def test_pages_and_exports_are_made_of_them(computed):
    from core import clock

    now = clock.now()
    results = [Published(section, now, f"rcp_{section}", data, now) for section, data in computed.items()]
    pages = compose(results, is_synthetic=True, now=now)
    assert len(pages) == 6
    for (name, _), page in pages.items():
        if name == "all":
            content = orjson.loads(page.body)
            AnalyticsPage.model_validate(content)
            blocks = list(content["sections"].values())
            assert all(table_of(block) for block in blocks)
            assert len(long_table(blocks)) > 100
