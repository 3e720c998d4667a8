"""Whether a role exists: in moto's IAM."""

from moto.iam.models import iam_backends

from server.local_aws.control_plane.moto import ACCOUNT_ID


def role_exists(arn: str) -> bool:
    """Return whether `arn` is a role of this account."""
    return any(role.arn == arn for role in iam_backends[ACCOUNT_ID]["aws"].get_roles())
