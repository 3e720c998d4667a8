"""Reads a function's response by the SDK's own front door, `InvokeWithResponseStream`."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from lab.cloud.cloud import Cloud
from lab.streams.readers import Head, Refused, in_thread
from server.items import Items

PATH = "/2021-11-15/functions/{}/response-streaming-invocations"


def invocation_url(cloud: Cloud, function: str) -> str:
    """Return where the SDK posts to: what any other client would have to address."""
    endpoint: str = cloud.client("lambda").meta.endpoint_url
    return endpoint + PATH.format(function)


async def read_invocation(cloud: Cloud, function: str, items: Items) -> AsyncGenerator[Head | bytes, None]:
    """Invoke the function with the parameters of `items`; yield each payload chunk. The head is that of the
    HTTP response around them. Raises `Refused` if the last event reports a failure."""
    parameters = {"count": items.count, "interval_ms": items.interval_ms, "pad": items.pad}
    call = cloud.client("lambda").invoke_with_response_stream
    answer = await asyncio.to_thread(call, FunctionName=function, Payload=json.dumps(parameters))
    metadata = answer["ResponseMetadata"]
    yield Head(metadata["HTTPStatusCode"], metadata["HTTPHeaders"], invocation_url(cloud, function))
    async for part in in_thread(payloads(answer["EventStream"])):
        yield part


def payloads(events: Any) -> Any:
    """The bytes of each chunk. Raises `Refused` at the end if the invocation failed: the status was 200."""
    for event in events:
        if "PayloadChunk" in event:
            yield event["PayloadChunk"]["Payload"]
        elif error := event["InvokeComplete"].get("ErrorCode"):
            raise Refused(f"{error}: {event['InvokeComplete'].get('ErrorDetails')}")
