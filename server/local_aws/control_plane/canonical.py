"""A call in its one canonical form: what is judged is what is run.

moto and botocore's models do not read a request alike: of two `Action`s moto takes the first, it looks for
one in the form, in the query, in a JSON text and in the headers of any service, and has headers of its own.
Here a call is read once. What AWS does not read is dropped, what can be read in two ways is refused.

Protocols: smithy.io/2.0/aws/protocols; common errors:
docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html (checked 2026-11).
"""

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn
from urllib.parse import parse_qsl, quote, unquote, urlencode

from botocore.model import ListShape, MapShape, Shape

from server.local_aws.control_plane import operations
from server.local_aws.control_plane.call import ApiCall, ApiError
from server.local_aws.control_plane.claims import PRESIGNED
from server.local_aws.control_plane.operations import Found
from server.local_aws.control_plane.unsigned import public_service
from server.local_aws.http1.exchange import Header

FORM = "application/x-www-form-urlencoded"
TOKEN = "X-Amz-Security-Token"
OF_SIGNATURE = {name.lower() for name in (*PRESIGNED, TOKEN, "X-Amz-Expires")}

PASSED = re.compile(
    r"(x-amzn?-|amz-).+|accept|authorization|cache-control|content-md5|content-type|date|expires|host|if-.+|range"
)
"""The headers that are handed on, besides those of the operation: moto takes any other for a parameter."""

MOTO_S = re.compile(r"action|x-moto-.+|x-http-method.*|x-amz-target")
"""Headers by which moto would choose another operation or account."""

MAX_INFLATED = 256 * 1024 * 1024
"""Bytes of a compressed body that are accepted."""

Pairs = Sequence[tuple[str, str]]


def canonical(call: ApiCall) -> ApiCall:
    """`call` with nothing in it that can be read in two ways. The signature no longer fits it: verify that of
    the original. Raises `ApiError`, 400, for what is ambiguous."""
    service = call.service or public_service(call)
    models = [model for name in operations.MODELS.get(service, (service,)) if (model := known(name))]
    protocols = {protocol for model in models for protocol in operations.protocols_of(model)}
    if service == "s3":
        return of_s3(call)
    if not protocols:
        return call
    call = inflated(call)
    if call.header("x-amz-target") and "json" in protocols:
        return of_json(call)
    rest = any(protocol.startswith("rest-") for protocol in protocols)
    if protocols & {"query", "ec2"} and (not rest or call.path == "/"):
        return of_query(call, service)
    return of_rest(call) if rest else rewritten(call, call.path, (), call.body, body_type(call))


def known(name: str) -> Any:
    return operations.service_model(name) if name else None


# The query protocols


def of_query(call: ApiCall, service: str) -> ApiCall:
    """A form in the body of a POST to `/`."""
    pairs = form_of(call)
    once(pairs)
    given = dict(pairs)
    if call.method not in ("GET", "POST"):
        malformed(f"The query protocol has GET and POST, not {call.method}")
    if not given.get("Action"):
        raise ApiError(400, "MissingAction", "The request has no parameter Action")
    if not given.get("Version"):
        message = f"Could not find operation {given['Action']} for version NO_VERSION_SPECIFIED"
        raise ApiError(400, "InvalidAction", message)
    if service == "sqs":
        given = with_queue(call, given)
    body = urlencode(given).encode()
    return replace(rewritten(call, "/", (), body, FORM), method="POST")


def form_of(call: ApiCall) -> Pairs:
    """Return the parameters: those in the body if it is a form, or those in the query; not both."""
    in_query = [pair for pair in query_of(call) if pair[0].lower() not in OF_SIGNATURE]
    if not call.body:
        return in_query
    content_type = media_type(call)
    if content_type not in ("", FORM):
        malformed(f"The body of this request has to be {FORM}, not {content_type}")
    if in_query:
        malformed("The request has parameters in its query and in its body: send them in one of them")
    try:
        return parse_qsl(call.body.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        malformed("The form is not UTF-8")


def with_queue(call: ApiCall, given: Mapping[str, str]) -> dict[str, str]:
    """SQS takes the queue's path, too: it becomes the parameter."""
    path = unquote(call.path)
    if path == "/":
        return dict(given)
    address = given.get("QueueUrl", path)
    if not address.endswith(path):
        malformed(f"QueueUrl is another queue than that of the path {path}")
    return {**given, "QueueUrl": address}


# The JSON protocol


def of_json(call: ApiCall) -> ApiCall:
    """A POST to `/` with one target and one JSON object."""
    targets = [value for name, value in call.headers if name == "x-amz-target"]
    if len(targets) > 1:
        malformed("The request has two X-Amz-Target headers")
    if call.method != "POST":
        malformed(f"This protocol has POST, not {call.method}")
    if [pair for pair in query_of(call) if pair[0].lower() not in OF_SIGNATURE]:
        malformed("A request of this protocol has no query: its parameters are in the body")
    body = written(json_object(call.body))
    content_type = call.header("content-type")
    if not re.fullmatch(r"application/x-amz-json-1\.[01]", content_type):
        content_type = "application/x-amz-json-1.1"
    plain = rewritten(call, "/", (), body, content_type)
    return replace(plain, headers=[*plain.headers, ("x-amz-target", targets[0])])


def json_object(body: bytes) -> dict[str, Any]:
    """Raises `ApiError` unless `body` is a JSON object, or empty, and no member occurs twice in it."""
    try:
        document = json.loads(body or b"{}", object_pairs_hook=members, parse_constant=no_json)
    except (ValueError, RecursionError):
        raise ApiError(400, "SerializationException", "The request's body is not JSON") from None
    if not isinstance(document, dict):
        raise ApiError(400, "SerializationException", "The request's body is not a JSON object")
    return document


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ApiError(400, "SerializationException", f"The member {twice!r} occurs twice in an object")
    return found


def no_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def written(document: object) -> bytes:
    """As JSON in which no text can be taken for a form: moto looks for one in every body."""
    return json.dumps(document).replace("&", "\\u0026").replace("=", "\\u003d").encode()


# The REST protocols


def of_rest(call: ApiCall) -> ApiCall:
    """Return the path as it was sent, the operation's own parameters and headers, and its body."""
    path = one_path(call)
    headers = [field for field in call.headers if not MOTO_S.fullmatch(field[0])]
    call = replace(call, headers=headers)
    found = operations.resolve(call)
    if found is None:
        kept = [pair for pair in query_of(call) if pair[0].lower() not in {"action", *OF_SIGNATURE}]
        return rewritten(call, path, kept, call.body, body_type(call))
    same_when_decoded(call, found)
    query = own_query(call, found)
    named = own_headers(call, found)
    body = rest_body(call, found)
    return rewritten(call, path, query, body, body_type(call), named)


def one_path(call: ApiCall) -> str:
    """The path. Raises `ApiError` if it has empty or dot segments, or escapes of escapes: these are resolved
    by some who read it."""
    decoded = unquote(call.path)
    segments = call.path.split("/")[1:]
    if not call.path.startswith("/") or "" in segments[:-1] or {".", ".."} & {unquote(s) for s in segments}:
        malformed(f"The path {call.path} has an empty segment or one of dots")
    if unquote(decoded) != decoded:
        malformed(f"The path {call.path} is escaped twice")
    return call.path


def same_when_decoded(call: ApiCall, found: Found) -> None:
    """Raise `ApiError` if an escaped slash divides the path into another operation's."""
    if "%2f" not in call.path.lower():
        return
    other = operations.resolve(
        replace(call, target=quote(unquote(call.path)) + call.target[len(call.path) :])
    )
    if other is not None and (other.model.name, other.labels) != (found.model.name, found.labels):
        malformed(f"The path {call.path} is that of {found.model.name} and of {other.model.name}")


def own_query(call: ApiCall, found: Found) -> Pairs:
    """Return the parameters that the operation's model has, each once unless it is a list."""
    given = [pair for pair in query_of(call) if pair[0].lower() not in OF_SIGNATURE]
    shapes = located(found, "querystring")
    single = [pair for pair in given if not isinstance(shapes.get(pair[0]), ListShape)]
    once(single)
    if any(isinstance(shape, MapShape) for shape in shapes.values()):
        return [pair for pair in given if pair[0].lower() != "action"]
    fixed = found.model.http["requestUri"].partition("?")[2]
    names = {*shapes, *dict(parse_qsl(fixed, keep_blank_values=True))}
    return [pair for pair in given if pair[0] in names]


def own_headers(call: ApiCall, found: Found) -> set[str]:
    """The names of the operation's headers. Raises `ApiError` if one that is no list is there twice."""
    names = {name.lower() for name in located(found, "header")}
    once([(name, value) for name, value in call.headers if name in names])
    return names


def rest_body(call: ApiCall, found: Found) -> bytes:
    """Return the body; one that is parameters has only those that do not belong elsewhere."""
    shape = found.model.input_shape
    payload = shape.serialization.get("payload") if shape else None
    if found.protocol != "rest-json" or not call.body:
        return call.body
    if payload and shape and shape.members[payload].type_name != "structure":
        return call.body
    elsewhere = {} if payload else {**located(found, "uri"), **located(found, "querystring")}
    document = json_object(call.body)
    return written({name: value for name, value in document.items() if name not in elsewhere})


def located(found: Found, place: str) -> dict[str, Shape]:
    """Return the operation's members in that part of a request, by their names there."""
    return {
        operations.name_of(key, shape): shape
        for key, shape in operations.shapes_of(found.model).items()
        if shape.serialization.get("location") == place
    }


def body_type(call: ApiCall) -> str:
    """Return the type of a REST call's body, which is no form."""
    given = media_type(call)
    if given == FORM or given.startswith("multipart/"):
        return "application/octet-stream"
    if given.startswith("application/x-amz-json"):  # moto answers this with a 404
        return "application/json"
    return call.header("content-type")


# S3


def of_s3(call: ApiCall) -> ApiCall:
    """Keys, queries and bodies are an object's own: only what moto reads and S3 does not is dropped."""
    path, mark, query = call.target.partition("?")
    kept = "&".join(part for part in query.split("&") if unquote(part.partition("=")[0]).lower() != "action")
    headers = [field for field in call.headers if not MOTO_S.fullmatch(field[0].replace("_", "-"))]
    return replace(call, target=path + mark + kept, headers=headers)


# What all have in common


def rewritten(
    call: ApiCall, path: str, query: Pairs, body: bytes, content_type: str = "", named: Iterable[str] = ()
) -> ApiCall:
    """`call` with these parts; a signature in its query is one in its header."""
    target = path + ("?" + urlencode(query) if query else "")
    names = set(named)
    headers = [
        (name, value)
        for name, value in call.headers
        if name in names or (PASSED.fullmatch(name) and not MOTO_S.fullmatch(name))
    ]
    if content_type:
        headers = [
            *(field for field in headers if field[0] != "content-type"),
            ("content-type", content_type),
        ]
    if not call.header("authorization") and call.signed:
        headers += signature_of(call)
    return ApiCall(call.method, target, headers, body)


def signature_of(call: ApiCall) -> list[Header]:
    """Return the headers for the signature in a presigned URL."""
    named = call.query
    algorithm, credential, _, signed, signature = (named[name] for name in PRESIGNED)
    value = f"{algorithm} Credential={credential}, SignedHeaders={signed}, Signature={signature}"
    token = [(TOKEN.lower(), named[TOKEN])] if TOKEN in named else []
    return [("authorization", value), *token]


def query_of(call: ApiCall) -> Pairs:
    try:
        return parse_qsl(call.target.partition("?")[2], keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        malformed("The query is not UTF-8")


def once(pairs: Pairs) -> None:
    """Raise `ApiError` if one of the parameters is there twice."""
    seen = set()
    for name, _ in pairs:
        if name in seen:
            malformed(f"The parameter {name} is there twice")
        seen.add(name)


def media_type(call: ApiCall) -> str:
    return call.header("content-type").partition(";")[0].strip().lower()


def inflated(call: ApiCall) -> ApiCall:
    """`call` with its body as it was before it was compressed (gzip, as SDKs do)."""
    if call.header("content-encoding").strip().lower() != "gzip":
        return call
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        body = inflate.decompress(call.body, MAX_INFLATED)
    except zlib.error:
        malformed("The request's body is not gzip")
    if not inflate.eof:
        malformed(f"The request's body is cut off, or larger than {MAX_INFLATED} bytes")
    return replace(call, body=body)


def malformed(message: str) -> NoReturn:
    raise ApiError(400, "MalformedQueryString", message)
