"""Keeps linear algebra of small matrices on one thread, where it is ten times faster.

Belongs here: the thread limit. Does not belong here: processes (jobs.py).
"""

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """Limit BLAS to one thread inside the `with` block: sharing matrices of a hundred rows costs more than it saves."""
    return _controller().limit(limits=1)
