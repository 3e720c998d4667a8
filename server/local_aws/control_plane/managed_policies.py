"""AWS's own managed policies, which users attach to roles.

moto keeps a copy of all 1,500 and loads it for every account in each of six partitions of AWS: a second of
work for one call. Here the account's partition `aws` has them, and nobody else.
"""

from moto.core.config import default_user_config
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.utilities.utils import PARTITION_NAMES


def load() -> None:
    """Let the account have them. Call it before anything else creates the account's IAM."""
    account = iam_backends[DEFAULT_ACCOUNT_ID]
    settings = default_user_config["iam"]
    for partition in PARTITION_NAMES:
        settings["load_aws_managed_policies"] = partition == "aws"
        account[partition]
    settings["load_aws_managed_policies"] = False
