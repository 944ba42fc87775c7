"""Which methods each path of the API answers to.

Belongs here: that table. Does not belong here: routing itself. Two routes of one path are two routes to the router,
so its own `Allow` names only one of them, and the dashboard's catch-all would answer a GET to a path that only posts.
"""

from collections.abc import Sequence

from fastapi.routing import APIRoute


class AllowedMethods:
    """Looks up the methods of a path; a literal path wins over a pattern."""

    def __init__(self, routes: Sequence[APIRoute]) -> None:
        by_path: dict[str, set[str]] = {}
        for route in routes:
            by_path.setdefault(route.path, set()).update(route.methods)
        self._literal = {path: frozenset(methods) for path, methods in by_path.items() if "{" not in path}
        patterns = {route.path: route.path_regex for route in routes if "{" in route.path}
        self._patterns = [(regex, frozenset(by_path[path])) for path, regex in patterns.items()]

    def of(self, path: str) -> frozenset[str] | None:
        """Return the methods of a path; None when it is none of the API's."""
        literal = self._literal.get(path)
        if literal is not None:
            return literal
        for regex, methods in self._patterns:
            if regex.match(path):
                return methods
        return None
