"""Reads a listing of an AWS service to its end."""

from collections.abc import Iterator
from typing import Any

from botocore.paginate import Paginator


def pages(client: Any, operation: str, member: str, **parameters: Any) -> Iterator[Any]:
    """Each entry of `member` on each page of `operation`. App Runner's are paged, but boto3 has no paginator
    for them."""
    if client.can_paginate(operation):
        paginator = client.get_paginator(operation)
    else:
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        tokens = {"input_token": "NextToken", "output_token": "NextToken", "result_key": member}
        paginator = Paginator(getattr(client, operation), tokens, model)
    for page in paginator.paginate(**parameters):
        yield from page.get(member, [])
