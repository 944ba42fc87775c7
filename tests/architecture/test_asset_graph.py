"""The asset graph as a snapshot, so that a change of the pipeline's shape is seen in review."""

import json
from pathlib import Path

import pytest

SNAPSHOT = Path(__file__).with_name("asset_graph.json")


@pytest.fixture(scope="module")
def graph():
    from assets.catalogue import ALL_ASSETS, ALL_CHECKS

    nodes = {}
    for asset in ALL_ASSETS:
        for spec in asset.specs:
            nodes[spec.key.to_user_string()] = {
                "group": spec.group_name,
                "depends_on": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
                "is_monthly": asset.partitions_def is not None,
                "owners": list(spec.owners),
            }
    checks = sorted(
        f"{spec.asset_key.to_user_string()}: {spec.name}{' (blocking)' if spec.blocking else ''}"
        for check in ALL_CHECKS
        for spec in check.check_specs
    )
    return {"assets": dict(sorted(nodes.items())), "checks": checks}


def test_the_graph_is_the_one_that_was_agreed(graph, request):
    if request.config.getoption("--update-graph"):
        SNAPSHOT.write_text(json.dumps(graph, indent=1) + "\n")
    assert graph == json.loads(SNAPSHOT.read_text()), "run pytest tests/architecture --update-graph if this is meant"


def test_every_asset_has_an_owner_and_a_group(graph):
    assert not [name for name, node in graph["assets"].items() if not node["owners"] or not node["group"]]


def test_every_asset_says_in_words_what_it_is():
    from assets.catalogue import ALL_ASSETS

    silent = [spec.key for asset in ALL_ASSETS for spec in asset.specs if not spec.description or not spec.code_version]
    assert not silent


def test_an_asset_is_named_after_its_layer(graph):
    layers = (
        "raw",
        "validated",
        "quarantined",
        "features",
        "analytics",
        "forecast",
        "surge",
        "model",
        "report",
        "operations",
    )
    assert not [name for name in graph["assets"] if not name.startswith(layers)]
