"""The control plane: moto's server, called in process.

moto keeps what is deployed (functions, roles, log groups, …), validates as AWS does and answers as AWS does.
What it lacks is completed by the service's own folder.
"""

import asyncio
import io
import os
import sys
import traceback
from typing import Any
from urllib.parse import unquote

from server.local_aws import deferred
from server.local_aws.api import ApiAnswer, ApiCall, ApiError

deferred.defer_imports()

from moto.core.models import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402

from server.local_aws import managed_policies  # noqa: E402

os.environ.setdefault("MOTO_LAMBDA_CONCURRENCY_QUOTA", "1000")  # AWS's default; moto has none

ACCOUNT_ID: str = DEFAULT_ACCOUNT_ID
"""The account in which everything is deployed."""


class ControlPlane:
    """`call` runs one API call; calls run beside each other in threads, as in moto's own server."""

    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)
        managed_policies.load()

    async def call(self, call: ApiCall, host: str) -> ApiAnswer:
        """Answer `call`, which came to `host` (name:port). A defect of moto's becomes AWS's
        InternalFailure."""
        return await asyncio.to_thread(self._call, call, host)

    def _call(self, call: ApiCall, host: str) -> ApiAnswer:
        status = ""
        headers: list[tuple[str, str]] = []

        def start_response(line: str, fields: list[tuple[str, str]], _: object = None) -> None:
            nonlocal status, headers
            status, headers = line, fields

        try:
            response = self._application(environ(call, host), start_response)
            body = b"".join(response)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return ApiError(
                500, "InternalFailure", "The control plane failed; see the stand-in's log."
            ).answer()
        kept = [
            (name, value) for name, value in headers if name.lower() not in ("content-length", "connection")
        ]
        return ApiAnswer(int(status.split()[0]), kept, body)


def environ(call: ApiCall, host: str) -> dict[str, Any]:
    """The call as WSGI has it (PEP 3333)."""
    name, _, port = host.rpartition(":")
    path, _, query = call.target.partition("?")
    variables: dict[str, Any] = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": call.target,
        "RAW_URI": call.target,
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(call.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for field, value in call.headers:
        key = field.upper().replace("-", "_")
        if key in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            continue
        if key != "CONTENT_TYPE":
            key = f"HTTP_{key}"
        variables[key] = f"{variables[key]},{value}" if key in variables else value
    return variables
