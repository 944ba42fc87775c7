"""A program: report runs of the Dagster instance as failed whose process died with the code server.

Belongs here: that one act. Does not belong here: finding the runs (`core.embedded.dagster`). Nothing imports this
module, since it imports dagster; it is run as `python -m core.embedded.dagster_recovery RUN_ID …`.
"""

import sys

from dagster import DagsterInstance

_WORDS = "The process of this run ended without a word (a crash, a kill or a power cut). Run it again."


def main(run_ids: list[str]) -> None:
    """Report each run as failed."""
    with DagsterInstance.get() as instance:
        for run_id in run_ids:
            run = instance.get_run_by_id(run_id)
            if run is not None and not run.is_finished:
                instance.report_run_failed(run, message=_WORDS)


if __name__ == "__main__":
    main(sys.argv[1:])
