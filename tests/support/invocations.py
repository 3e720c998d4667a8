"""Invokes functions by boto3."""

from tests.support.account import Account


def stream(aws: Account, name: str, **arguments: object) -> list[dict[str, dict[str, str]]]:
    """The events of an `InvokeWithResponseStream`."""
    answer = aws.client("lambda").invoke_with_response_stream(FunctionName=name, **arguments)
    return list(answer["EventStream"])
