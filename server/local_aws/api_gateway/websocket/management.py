"""`@connections`: how a function, or anybody else, sends to a client, looks it up, or closes its connection.

Docs: …/developerguide/apigateway-how-to-call-websocket-api-connections.html (checked 2026-11). A choice where
AWS is unconfirmed: DELETE answers 204, as the service's model says.
"""

import re
from datetime import UTC, datetime

from websockets.frames import CloseCode

from server.local_aws.api_gateway.websocket.connection import BufferFull, Connection, NotOpen
from server.local_aws.api_gateway.websocket.event import Client
from server.local_aws.control_plane.call import ApiAnswer, ApiError, bad_request
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.http1.exchange import BodyTooLarge, Exchange, TruncatedBody
from server.local_aws.iam.identity import authenticate
from server.local_aws.iam.sigv4 import BadSignature, SignedRequest

ID = re.compile(r"[A-Za-z0-9+/_-]{15}=")
"""Eleven bytes in base64, of either alphabet."""


async def read(exchange: Exchange, limit: int) -> bytes:
    """Return the message to send. Raises `ApiError`: 413 beyond `limit` bytes."""
    try:
        return await exchange.read(limit)
    except BodyTooLarge:
        raise ApiError(413, "PayloadTooLargeException", "Payload Too Large") from None
    except TruncatedBody:
        raise bad_request("The request's body broke off") from None


def check(exchange: Exchange, body: bytes, region: str, resource: str) -> None:
    """Raise `ApiError` (403) unless the call is signed by someone who may manage connections.
    `resource`: "{api id}/{stage}/{method}/@connections/{connection id}"."""
    request = SignedRequest.of(exchange.method, exchange.target, exchange.headers, body)
    try:
        caller = authenticate(request, "execute-api")
    except BadSignature as error:
        raise ApiError(403, "ForbiddenException", str(error)) from None
    arn = f"arn:aws:execute-api:{region}:{ACCOUNT_ID}:{resource}"
    if not caller.may("execute-api:ManageConnections", arn):
        message = caller.refusal("execute-api:ManageConnections", arn)
        raise ApiError(403, "ForbiddenException", message)


def check_id(connection_id: str) -> None:
    """Raise `ApiError` (400) for an id that API Gateway never gave: 410 is for one that it may have given
    (github.com/dherault/serverless-offline/issues/749, 2019-07)."""
    if not ID.fullmatch(connection_id):
        raise bad_request(f"Invalid connectionId: {connection_id}")


def act(method: str, body: bytes, client: Client, connection: Connection) -> ApiAnswer:
    """POST sends `body`, GET describes the connection, DELETE closes it. Raises `ApiError`."""
    if method == "POST":
        try:
            connection.send(body)
        except BufferFull:
            raise ApiError(429, "LimitExceededException", "The client does not read its messages") from None
        except NotOpen:
            raise gone() from None
        return ApiAnswer.of(200)
    if method == "GET":
        return ApiAnswer.of(200, describe(client, connection))
    if method == "DELETE":
        connection.close(CloseCode.NORMAL_CLOSURE, "")
        return ApiAnswer.of(204)
    raise ApiError(403, "ForbiddenException", "Forbidden")


def describe(client: Client, connection: Connection) -> dict[str, object]:
    active_at = client.connected_at + connection.active_for
    return {
        "connectedAt": iso(client.connected_at),
        "identity": client.identity,
        "lastActiveAt": iso(active_at),
    }


def gone() -> ApiError:
    return ApiError(410, "GoneException", "Gone")


def iso(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
