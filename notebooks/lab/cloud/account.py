"""The reader's AWS account: who is calling, and the confirmation before anything is created."""

import os
import sys
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

CONFIRM_VARIABLE = "STREAMING_CONFIRM"
NOTHING = "Nothing was created. "


@dataclass(frozen=True)
class Caller:
    """Who calls AWS from here, and where the calls go."""

    session: boto3.Session
    account_id: str
    arn: str
    region: str
    endpoint_url: str
    """The endpoint of STS that the AWS configuration names."""


def who_am_i() -> Caller:
    """Ask AWS who the caller is. Raises `RuntimeError` that says what is missing: a Region, credentials, or
    credentials that are valid."""
    try:
        session = boto3.Session()
        region = session.region_name or os.environ.get("AWS_REGION")  # which boto3 does not read
        if region is None:
            raise RuntimeError(f"{NOTHING}No Region is configured: set AWS_REGION, or run `aws configure`.")
        if session.get_credentials() is None:
            raise RuntimeError(
                f"{NOTHING}There are no AWS credentials here: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or run `aws configure` or `aws sso login`. "
                "To stay on this machine, unset STREAMING_TARGET."
            )
        sts: Any = session.client("sts", region_name=region)
        identity = sts.get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise RuntimeError(
            f"{NOTHING}AWS did not accept the credentials of profile "
            f"{os.environ.get('AWS_PROFILE', 'default')!r}: {error}"
        ) from None
    return Caller(session, identity["Account"], identity["Arn"], region, sts.meta.endpoint_url)


def confirm(caller: Caller, purpose: str) -> None:
    """Return if STREAMING_CONFIRM is the account's id, or when the reader types it. Raises `RuntimeError`."""
    question = f"{purpose}, type the account's id ({caller.account_id}): "
    answer = os.environ.get(CONFIRM_VARIABLE) or ask(question)
    if answer.strip() != caller.account_id:
        raise RuntimeError(
            f"{NOTHING}It was not confirmed: {CONFIRM_VARIABLE} (or your answer) is {answer!r}, "
            f"the account is {caller.account_id}."
        )


def ask(question: str) -> str:
    """What the reader types; nothing where nobody can be asked."""
    sys.stdout.flush()
    try:
        return input(question)
    except (OSError, EOFError, RuntimeError, NotImplementedError):  # nobody is there to be asked
        return ""
