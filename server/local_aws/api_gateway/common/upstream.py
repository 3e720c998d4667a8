"""`HTTP_PROXY`: the request goes on to another server, and its response comes back as it is read."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
from yarl import URL

from server.local_aws.api_gateway.common.result import BadResult
from server.local_aws.control_plane import outbound
from server.local_aws.http1.exchange import Header

NOT_FORWARDED = {
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
OWN = {"host", "content-length", "expect"}
READ_BUFFER = 65_536

UPSTREAM_ERRORS = (aiohttp.ClientError, OSError)
"""What a server that cannot be reached, or breaks off, raises (with `TimeoutError`)."""


class UpstreamResponse:
    """A response while it comes. `headers` are those of the server, hop-by-hop ones left out."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: list[Header] = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in response.raw_headers
            if name.decode("latin-1").lower() not in NOT_FORWARDED
        ]

    async def reads(self) -> AsyncIterator[list[bytes]]:
        """Yield the body, each item what one read brought. Raises one of `UPSTREAM_ERRORS` when the server
        breaks off."""
        async for data in self._response.content.iter_any():
            yield [data]


@asynccontextmanager
async def request(
    method: str, url: str, headers: Sequence[Header], body: bytes
) -> AsyncIterator[UpstreamResponse]:
    """Send a request, as it is: no redirect is followed, nothing is decompressed. Raises one of
    `UPSTREAM_ERRORS`, also if `url` is not one or a header cannot be sent."""
    sent = [(name, value) for name, value in headers if name.lower() not in NOT_FORWARDED | OWN]
    timeout = aiohttp.ClientTimeout(total=None)
    skipped = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
    async with AsyncExitStack() as stack:
        try:
            address = URL(url, encoded=True)
            stack.enter_context(outbound.reaching(address.host or "", address.port or 0))
            session = await stack.enter_async_context(
                aiohttp.ClientSession(
                    auto_decompress=False,
                    timeout=timeout,
                    skip_auto_headers=skipped,
                    read_bufsize=READ_BUFFER,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    max_line_size=65_536,
                    max_field_size=65_536,
                )
            )
            sending = session.request(method, address, headers=sent, data=body or None, allow_redirects=False)
            response = await stack.enter_async_context(sending)
        except ValueError as error:  # no URL, or a header with a line break in it
            raise aiohttp.ClientError(str(error)) from None
        yield UpstreamResponse(response)


async def fetch(
    method: str, url: str, headers: Sequence[Header], body: bytes, limit: int
) -> tuple[int, list[Header], bytes]:
    """Status, headers and body of the whole response. Raises `BadResult` if the body has more than `limit`
    bytes, and what `request` raises."""
    async with request(method, url, headers, body) as response:
        received = bytearray()
        async for chunks in response.reads():
            received += b"".join(chunks)
            if len(received) > limit:
                raise BadResult("the response is larger than a buffered one may be")
        return response.status, response.headers, bytes(received)
