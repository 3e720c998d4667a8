"""Reads a listing of an AWS service to its end."""

from collections.abc import Iterator
from typing import Any


def pages(client: Any, operation: str, member: str, **parameters: Any) -> Iterator[Any]:
    """Each entry of `member` on each page of `operation`, whether boto3 has a paginator for it or not."""
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**parameters):
            yield from page.get(member, [])
        return
    token_name = next(
        (name for name in ("NextToken", "nextToken") if name in members_of(client, operation)), None
    )
    token: dict[str, str] = {}
    while True:
        page = getattr(client, operation)(**parameters, **token)
        yield from page.get(member, [])
        if token_name is None or not page.get(token_name):
            return
        token = {token_name: page[token_name]}


def members_of(client: Any, operation: str) -> set[str]:
    name = client.meta.method_to_api_mapping[operation]
    return set(client.meta.service_model.operation_model(name).input_shape.members)
