"""The `medisync` command: puts the command groups together and turns errors into exit codes.

Belongs here: registration of command groups. Does not belong here: any command's body (one file per group).
Groups are imported when their command is called, so that `medisync status` does not wait for TensorFlow.
"""

import importlib
import sys

import click
import typer

from core import settings
from core.embedded import environment
from core.errors import MediSyncError

#: command or group name -> (module in medisync/, attribute: a click command or a Typer app, one line of help)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "up": ("stack", "up", "Start everything, seed the demo hospital and run the pipeline."),
    "down": ("stack", "down", "Stop everything, in order."),
    "status": ("stack", "status", "Show the services with pid, port and health."),
    "serve": ("serve", "serve", "Run one server of a fleet in the foreground."),
    "secrets": ("serve", "print_secrets", "Print fresh secrets for a fleet's .env."),
    "synth": ("synth", "synth", "Write a synthetic hospital."),
    "import": ("intake", "import_file", "Import registrations from a file."),
    "listen": ("listen", "listen", "Receive HL7 v2 ADT messages over MLLP."),
    "quarantine": ("quarantine", "app", "List, fix, waive and replay parked rows."),
    "contract": ("contract", "app", "Show what sources promised to deliver, and how a file differs."),
    "asof": ("asof", "asof", "Make the training matrix as of a past moment."),
    "omop": ("omop", "omop", "Export persons, visits and conditions as OMOP CDM 5.4."),
    "safe-harbor": ("safe_harbor", "safe_harbor", "Export a training extract without identifiers (Safe Harbor)."),
    "run": ("pipeline", "run", "Materialize assets in the Dagster instance."),
    "forecast": ("forecast", "forecast", "Forecast series from a CSV file."),
    "surge": ("surge", "surge", "Judge weekly counts for surges."),
    "risk": ("risk", "app", "Evaluate risk models on any table."),
    "models": ("models", "app", "List, promote and roll back models, sign their cards."),
    "user": ("users", "app", "Add accounts, reset lost second factors."),
    "backup": ("backup", "backup", "Write an encrypted backup of everything."),
    "restore": ("backup", "restore", "Bring a backup back into a fresh home."),
    "keys": ("keys", "app", "Re-seal names, notes and documents under a new key."),
    "audit": ("audit", "app", "Verify that nobody changed the audit."),
    "openapi": ("api", "openapi", "Print the OpenAPI document."),
    "reference": ("reference", "reference", "Compare or write the generated pages of docs/reference."),
    "web": ("web", "app", "Build and check the dashboard."),
    "doctor": ("doctor", "doctor", "Say what this machine lacks."),
}


def _bridge(name: str, app: typer.Typer) -> click.Command:
    """Hand the rest of the line to a Typer command.

    Typer carries a click of its own, so click would not recognise its exceptions (help, usage errors): it must run them
    itself.
    """

    @click.command(
        name, add_help_option=False, context_settings={"ignore_unknown_options": True, "help_option_names": []}
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def forward(arguments: tuple[str, ...]) -> None:
        typer.main.get_command(app).main(args=list(arguments), prog_name=f"medisync {name}")

    return forward


class LazyGroup(click.Group):
    """A click group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        target = getattr(importlib.import_module(f"medisync.{module}"), attribute)
        if isinstance(target, click.Command):
            return target
        if isinstance(target, typer.Typer):
            return _bridge(cmd_name, target)
        single = typer.Typer(add_completion=False)
        single.command(name=cmd_name)(target)
        return _bridge(cmd_name, single)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="medisync")
def cli() -> None:
    """MediSync: hospital analytics and operations, every number followed home."""


def run() -> None:
    """Run the command line; exit 0 good, 1 refused or failed, 2 usage."""
    # Telemetry off and libraries quiet in this process too, not only in the servers that it starts.
    settings.export(environment.QUIET)
    try:
        cli()
    except MediSyncError as error:
        sys.stderr.write(f"medisync: {error.message} [{error.code}]\n")
        sys.exit(1)
