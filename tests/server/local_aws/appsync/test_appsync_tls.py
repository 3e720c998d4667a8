"""AppSync's port over TLS, by either name of this machine, and plain beside it."""

import ssl
import urllib.request
from collections.abc import Iterator

import aiohttp
import pytest

from tests.support.account import Account
from tests.support.appsync_clients import PUT, DeployedApi, connected, graphql, subscriber

ON_PUT = "subscription { onPut { name text seq } }"


@pytest.fixture(scope="module")
def trusted(aws: Account) -> Iterator[ssl.SSLContext]:
    with urllib.request.urlopen(f"{aws.endpoint_url}/_local/certificate") as response:
        yield ssl.create_default_context(cadata=response.read().decode())


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_a_subscriber_over_tls_hears_a_mutation_over_tls(
    aws: Account, trusted: ssl.SSLContext, name: str
) -> None:
    api = graphql(aws)
    reached = DeployedApi(api.api_id, api.host.replace("127.0.0.1", name), api.key)
    url = f"wss://{reached.host}/graphql"
    async with connected(url, "graphql-ws", reached.credentials, ssl=trusted) as client:
        assert (await client.ask(type="connection_init"))["type"] == "connection_ack"
        assert (await client.start("1", ON_PUT, reached.credentials))["type"] == "start_ack"
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted)) as session,
            session.post(
                f"https://{reached.host}/graphql",
                json={"query": PUT, "variables": {"name": "a", "text": "b", "seq": 1}},
                headers={"x-api-key": api.key},
            ) as response,
        ):
            item = (await response.json())["data"]["put"]
        assert (
            (await client.hear())["payload"]["data"]["onPut"] == item == {"name": "a", "text": "b", "seq": 1}
        )


async def test_whoever_does_not_trust_it_or_signs_for_another_host_is_not_let_in(
    aws: Account, trusted: ssl.SSLContext
) -> None:
    api = graphql(aws)
    with pytest.raises(ssl.SSLCertVerificationError):
        async with connected(f"wss://{api.host}/graphql", "graphql-ws", api.credentials):
            pass
    other = {**api.credentials, "host": "other.example"}
    async with connected(f"wss://{api.host}/graphql", "graphql-ws", other, ssl=trusted) as client:
        assert (await client.ask(type="connection_init"))["type"] == "connection_error"
    async with subscriber(api):
        pass
