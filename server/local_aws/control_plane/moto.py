"""The control plane: moto's server, called in process.

moto keeps what is deployed (functions, roles, log groups, …), validates as AWS does and answers as AWS does.
What it lacks is completed by the service's own folder. A call reaches the service that it is signed for, and
none of moto's back doors (`/moto-api`, instance metadata, services told by a path or a Host).
"""

import asyncio
import io
import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from server.local_aws.control_plane import deferred, outbound, refusals
from server.local_aws.control_plane.call import ApiAnswer, ApiCall, ApiError
from server.local_aws.control_plane.operations import IN_NAME_OF_SDK, operation_of, service_model
from server.local_aws.control_plane.unsigned import public_service

deferred.defer_imports()
deferred.defer_url_builders()
os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # no page may read what moto answers
os.environ.setdefault("MOTO_LAMBDA_CONCURRENCY_QUOTA", "1000")  # AWS's default; moto has none

from flask import Flask  # noqa: E402
from moto.core.models import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402

from server.local_aws.control_plane import managed_policies, moto_trust  # noqa: E402

ACCOUNT_ID: str = DEFAULT_ACCOUNT_ID
"""The account in which everything is deployed."""

DEBUG_VARIABLE = "LOCAL_AWS_DEBUG"
"""With 1 the log has the traceback of each defect of moto's, and not only a line."""

NO_PARAMETER = f"{IN_NAME_OF_SDK}="
"""The query of a call without one: moto would take its body and its headers for parameters."""

BACK_DOORS = {"moto_api", "instance_metadata"}
DROPPED = {"connection", "content-length"}


class UnknownService(Exception):
    """moto has no such service."""


class ControlPlane(DomainDispatcherApplication):
    """`call` runs one API call; calls run beside each other in threads, as in moto's own server."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        moto_trust.install()
        managed_policies.load()

    async def call(self, call: ApiCall, host: str) -> ApiAnswer:
        """Answer `call`, which came to `host` (name:port). What moto does not have is a 501; a defect of
        moto's becomes AWS's InternalFailure and one line in the log."""
        return await asyncio.to_thread(self._call, call, host)

    def _call(self, call: ApiCall, host: str) -> ApiAnswer:
        outbound.silence_moto()
        moto_trust.CALL.set(call)
        try:
            with outbound.reach(outbound.Reach.NOTHING):
                answer = self._run(call, host)
        except UnknownService:
            if service_model(call.service) is not None:
                return not_served(call)
            message = f"The local stand-in has no service {call.service!r}"
            return refuse(call, ApiError(400, "UnknownServiceException", message))
        except NotImplementedError:
            return not_served(call)
        except Exception as error:
            return failed(call, error)
        return with_type(call, answer) if is_moto_s(call, answer) else not_served(call)

    def _run(self, call: ApiCall, host: str) -> ApiAnswer:
        """moto's answer. Raises whatever moto raises, and `UnknownService`."""
        status = ""
        headers: list[tuple[str, str]] = []

        def start_response(line: str, fields: list[tuple[str, str]], _: object = None) -> None:
            nonlocal status, headers
            status, headers = line, fields

        variables = environ(call, host)
        body = b"".join(self._application(call, variables)(variables, start_response))  # type: ignore[arg-type]
        kept = [(name, value) for name, value in headers if name.lower() not in DROPPED]
        return ApiAnswer(int(status.split()[0]), kept, body)

    def _application(self, call: ApiCall, variables: Mapping[str, Any]) -> Flask:
        """moto's application for the service that `call` is signed for, made when it is needed first."""
        backend = self._backend(call, dict(variables))
        with deferred.IMPORTING, self.lock:
            if backend not in self.app_instances:
                with deferred.importing():
                    deferred.complete(f"moto.{backend}")
                    app = self.create_app(backend)  # type: ignore[arg-type]
                    app.debug = False  # or Flask makes a class for each call, which keeps the call's body
                    app.config["PROPAGATE_EXCEPTIONS"] = True
                    self.app_instances[backend] = app
            return self.app_instances[backend]

    def _backend(self, call: ApiCall, variables: dict[str, Any]) -> str:
        service, region = call.service or public_service(call), call.region
        scope = f"{call.access_key or 'unsigned'}/20260101/{region}/{service}/aws4_request"
        variables["HTTP_AUTHORIZATION"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host"
        try:
            host = self.infer_service_region_host(variables, variables["PATH_INFO"])
        except (LookupError, ValueError):  # a call without what tells its service's versions apart
            host = None
        if host is None:
            raise UnknownService
        names = [name for name, pattern in self.backend_url_patterns if pattern.match(f"http://{host}")]
        found = host if "." not in host else (names or [""])[0]
        if not found or found in BACK_DOORS:
            raise UnknownService
        return found


def is_moto_s(call: ApiCall, answer: ApiAnswer) -> bool:
    """False for what its web framework answers to a path or a method that no service of moto's has."""
    if answer.status not in (404, 405) or not is_page(answer) or call.method == "HEAD":
        return True
    return bool(answer.body) and not answer.body.lower().startswith(b"<!doctype html>")


def is_page(answer: ApiAnswer) -> bool:
    return any(name.lower() == "content-type" and "text/html" in value for name, value in answer.headers)


def with_type(call: ApiCall, answer: ApiAnswer) -> ApiAnswer:
    """The answer with the type that it has: moto's web framework calls everything a page. An object in S3 has
    the type that it was stored with."""
    if call.service == "s3" or not is_page(answer):
        return answer
    return refusals.with_content_type(answer, refusals.content_type_of(call))


def not_served(call: ApiCall) -> ApiAnswer:
    """Return a 501 that names the service and the operation."""
    message = f"The local stand-in does not serve {called(call)}"
    return refuse(call, ApiError(501, "NotImplementedException", message))


def failed(call: ApiCall, error: Exception) -> ApiAnswer:
    """AWS's 500 for a defect of the control plane."""
    if os.environ.get(DEBUG_VARIABLE) == "1":
        traceback.print_exception(error, file=sys.stderr)
    print(f"{called(call)} failed in moto: {type(error).__name__}: {one_line(error)}", file=sys.stderr)
    message = f"The control plane failed at {called(call)}; see the stand-in's log."
    return refusals.in_protocol(call, ApiError(500, "InternalFailure", message))


def refuse(call: ApiCall, error: ApiError) -> ApiAnswer:
    """Return the answer, and a line in the log."""
    print(error.message, file=sys.stderr)
    return refusals.in_protocol(call, error)


def called(call: ApiCall) -> str:
    """Return the service and the operation that `call` asks for, as far as it says."""
    operation = operation_of(call)
    if operation is not None:
        return f"{operation.service} {operation.name}"
    name = call.header("x-amz-target").rpartition(".")[2] or f"{call.method} {call.path}"
    return f"{call.service or 'an unsigned call'} {name}"


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def environ(call: ApiCall, host: str) -> dict[str, Any]:
    """Return the call as WSGI has it (PEP 3333)."""
    name, _, port = host.rpartition(":")
    path, _, query = call.target.partition("?")
    variables: dict[str, Any] = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query or NO_PARAMETER,
        "REQUEST_URI": call.target,
        "RAW_URI": f"{path}?{query or NO_PARAMETER}",
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
        if key in ("CONTENT_LENGTH", "TRANSFER_ENCODING") or key.startswith("X_MOTO_"):
            continue
        if key != "CONTENT_TYPE":
            key = f"HTTP_{key}"
        variables[key] = f"{variables[key]},{value}" if key in variables else value
    return variables
