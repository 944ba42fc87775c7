"""`create_app` as a server calls it: the application in a process that is its own.

Belongs here: what a process is told before it serves. Does not belong here: what the application is made of (`main`).
"""

import gc

from fastapi import FastAPI

from core import logging, settings


def create_app() -> FastAPI:
    """Make the application with the settings of the environment; from here on this process's log is ours.

    A hundred thousand objects are made on the way and nearly all of them stay. So the garbage collector sleeps
    meanwhile (a sixth of the start) and never looks through them again while somebody waits for an answer.
    """
    gc.disable()
    try:
        from serving import main

        known = settings.load()
        logging.configure(known.log_level)
        return main.create_app(known)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
