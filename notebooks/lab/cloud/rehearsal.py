"""A rehearsal of a lesson on AWS: the stand-in plays the account, enforces IAM, and is reached as AWS is."""

import os

from lab.cloud.cloud import Cloud
from lab.cloud.start import TARGET_VARIABLE, start_stand_in

USER = "learner"
REHEARSAL_VARIABLE = "STREAMING_REHEARSAL"
"""Set by `rehearse`, so that it can be run again."""


def rehearse() -> Cloud | None:
    """Set this process's environment as the shell of a reader with an AWS account has it, for a user who may
    do nothing yet; return the account as its owner sees it. Where the target is AWS already, return None."""
    if os.environ.get(TARGET_VARIABLE) == "aws" and REHEARSAL_VARIABLE not in os.environ:
        return None
    owner = start_stand_in("14", LOCAL_AWS_ENFORCE_IAM="1")
    iam = owner.client("iam")
    iam.create_user(UserName=USER)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    assert owner.endpoint_url is not None
    os.environ.update(
        {
            REHEARSAL_VARIABLE: "1",
            TARGET_VARIABLE: "aws",
            "AWS_ENDPOINT_URL": owner.endpoint_url,
            "AWS_REGION": owner.region,
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
    )
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "STREAMING_CONFIRM"):
        os.environ.pop(name, None)
    return owner
