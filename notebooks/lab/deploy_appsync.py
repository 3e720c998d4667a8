"""Deploys AppSync APIs by boto3 calls: what notebook 11 does step by step, as functions."""

import time
from typing import Any

PATIENCE = 60
"""Seconds; on AWS a schema takes a few."""


def wait_for_schema(aws: Any, api_id: str) -> None:
    """Wait until the API's new schema is in use. Raises `RuntimeError` if AppSync refuses it."""
    deadline = time.monotonic() + PATIENCE
    while (state := aws.get_schema_creation_status(apiId=api_id))["status"] not in ("SUCCESS", "ACTIVE"):
        if state["status"] == "FAILED" or time.monotonic() > deadline:
            raise RuntimeError(f"AppSync does not take the schema: {state}")
        time.sleep(0.5)
