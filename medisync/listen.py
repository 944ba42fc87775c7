"""`medisync listen`: receive HL7 v2 ADT messages over MLLP until stopped.

Belongs here: arguments and signals. Does not belong here: frames and landing (`assets.intake.mllp`).
"""

import asyncio
import signal
import sys
from typing import Annotated

import orjson
import typer
from rich.console import Console

from assets.intake.mllp import Listener
from core import logging as core_logging
from core import settings
from core.errors import InputError


def listen(
    hl7: Annotated[bool, typer.Option("--hl7/--no-hl7", help="HL7 v2 over MLLP, the only protocol there is.")] = True,
    host: Annotated[str, typer.Option(help="Address to listen at; MLLP has no sign-in, keep it inside.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 2575,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Receive ADT A01, A03, A04 and A08; each is acknowledged only after it is committed."""
    if not hl7:
        raise InputError("there is no protocol but --hl7", code="unknown_protocol")
    known = settings.load()
    core_logging.configure(known.log_level)
    listener = Listener(known)
    asyncio.run(_until_stopped(listener, host, port))
    if as_json:
        sys.stdout.write(orjson.dumps({"taken": listener.taken, "refused": listener.refused}).decode() + "\n")


async def _until_stopped(listener: Listener, host: str, port: int) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    try:
        chosen = await listener.start(host, port)
    except OSError as error:
        raise InputError(f"cannot listen at {host}:{port} ({error.strerror}); name another --port") from None
    Console(stderr=True).print(f"listening for HL7 v2 (MLLP) at {host}:{chosen}", highlight=False)
    await stopped.wait()
    await listener.stop()
