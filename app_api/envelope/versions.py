"""Versions of rows on the wire: ETag out, If-Match in.

Belongs here: the form of the tag and the comparison. Does not belong here: reading the row.
"""

from app_api.envelope.errors import VersionMissingError, VersionStaleError


def etag_of(version: int) -> str:
    """Return the strong ETag of a row's version.

    Examples
    --------
    >>> etag_of(3)
    '"3"'
    """
    return f'"{version}"'


def check(if_match: str | None, version: int) -> None:
    """Refuse a change that was not made with the row's present version in view.

    Raises
    ------
    VersionMissingError, VersionStaleError
    """
    if if_match is None:
        raise VersionMissingError("say in If-Match which version you have seen (the ETag of your GET)")
    given = {tag.strip().removeprefix("W/") for tag in if_match.split(",")}
    if "*" not in given and etag_of(version) not in given:
        raise VersionStaleError("somebody changed this meanwhile; read it again")
