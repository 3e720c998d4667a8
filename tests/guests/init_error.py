"""A program that reports an error of its initialisation, and ends."""

from .guest import Call, Invocation

DOCUMENT = b'{"errorMessage":"cannot start","errorType":"Runtime.ImportModuleError"}'
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type: Runtime.ImportModuleError"

call = Call("POST", "/init/error", [f"Content-Length: {len(DOCUMENT)}", ERROR_TYPE])
call.send(DOCUMENT)
assert call.answer()[0] == 202
raise SystemExit(0)


def never(_: Invocation) -> None:
    """Is not reached."""
