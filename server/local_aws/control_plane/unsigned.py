"""The calls that AWS takes without a signature: those that give credentials, and reads of what is public.

Sources: botocore's models (`authtype: none`); docs.aws.amazon.com/AmazonS3/latest/userguide/
access-control-block-public-access.html; docs.aws.amazon.com/cognito/latest/developerguide/
amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html (checked 2026-11).
"""

from urllib.parse import parse_qsl

from server.local_aws.control_plane.call import ApiCall
from server.local_aws.control_plane.operations import service_model

TARGETS = {
    "AWSCognitoIdentityProviderService": "cognito-idp",
    "AWSCognitoIdentityService": "cognito-identity",
}
"""The services, by the prefix of `X-Amz-Target`."""

WELL_KNOWN = ("/.well-known/jwks.json", "/.well-known/openid-configuration")


def public_service(call: ApiCall) -> str:
    """Return the service that takes `call`, which is not signed, even so; "" if none does."""
    if target := call.header("x-amz-target"):
        prefix, _, name = target.partition(".")
        service = TARGETS.get(prefix, "")
        return service if takes_unsigned(service, name) else ""
    if call.method == "POST":
        actions = [value for name, value in parse_qsl(call.body.decode("latin-1")) if name == "Action"]
        return "sts" if len(actions) == 1 and takes_unsigned("sts", actions[0]) else ""
    if call.method not in ("GET", "HEAD"):
        return ""
    if call.path.endswith(WELL_KNOWN):
        return "cognito-idp"
    return "s3" if is_bucket(call.path.split("/")[1]) else ""


def takes_unsigned(service: str, name: str) -> bool:
    model = service_model(service) if service else None
    if model is None or name not in model.operation_names:
        return False
    return bool(model.operation_model(name).auth_type == "none")


def is_bucket(name: str) -> bool:
    """Return whether there is a bucket of that name; moto knows which of its objects are public."""
    from moto.core.models import DEFAULT_ACCOUNT_ID  # only now: no lesson reads objects unsigned
    from moto.s3.models import s3_backends

    return name in s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets
