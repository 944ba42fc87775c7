"""The shipped proxy configuration in a real nginx, rendered as its image renders it.

Belongs here: one nginx on loopback. Does not belong here: what stands behind it.

nginx is a Debian package (`apt-get install nginx-light`; .ci/run does); without it the tests that use this are skipped.
"""

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from string import Template

import httpx
import pytest

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
ROOT = Path(__file__).parents[1]
_MAIN = """\
daemon off; pid $here/nginx.pid; error_log $here/error.log; worker_processes 1;
events { worker_connections 512; }
http {
    client_body_temp_path $here/body; proxy_temp_path $here/proxy; fastcgi_temp_path $here/fastcgi;
    uwsgi_temp_path $here/uwsgi; scgi_temp_path $here/scgi;
    include $here/medisync.conf;
}
"""

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx-light")


def make_certificates(folder: Path) -> ssl.SSLContext:
    """Have the fleet's own script make its certificates; return what trusts them."""
    folder.mkdir()
    subprocess.run(["sh", ROOT / "docker/certs/make.sh", folder], check=True, capture_output=True)
    return ssl.create_default_context(cafile=folder / "ca.crt")


@contextmanager
def nginx(here: Path, values: Mapping[str, str], trust: ssl.SSLContext) -> Generator[None]:
    """Run nginx with the template's variables replaced while the block runs; `values` as docker-compose.yml gives them.

    The credential of MLflow's viewer is made by the script that the image runs before it renders.
    """
    script = ROOT / "docker/proxy/10-viewer.envsh"
    said = subprocess.run(
        ["sh", "-ec", f'. {script}; printf %s "$MLFLOW_VIEWER_BASIC"'],
        env={"PATH": "/usr/bin:/bin", **values}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    known = {**values, "MLFLOW_VIEWER_BASIC": said.stdout}
    template = (ROOT / "docker/proxy/medisync.conf.template").read_text()
    (here / "medisync.conf").write_text(re.sub(r"\$\{(\w+)\}", lambda found: known[found[1]], template))
    (here / "nginx.conf").write_text(Template(_MAIN).safe_substitute(here=here))
    subprocess.run([str(NGINX), "-t", "-c", here / "nginx.conf"], check=True, capture_output=True)
    server = subprocess.Popen([str(NGINX), "-c", str(here / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        _wait(f"https://localhost:{values['PORT']}/livez", trust)
        yield
    finally:
        server.terminate()
        server.wait(20)


def _wait(address: str, trust: ssl.SSLContext) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(address, verify=trust, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")
