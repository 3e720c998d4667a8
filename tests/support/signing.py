"""Signs requests to Function URLs by botocore, as AWS's own clients do it."""

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.account import Account

REGION = "ap-northeast-1"


def iam_url(aws: Account) -> str:
    """A URL with AuthType AWS_IAM of a function that returns its event."""
    url: str = aws.client("lambda").create_function_url_config(
        FunctionName=aws.deploy("basic.echo"), AuthType="AWS_IAM", InvokeMode="RESPONSE_STREAM"
    )["FunctionUrl"]
    return url


def sign(url: str, key: str, secret: str, body: bytes = b"", service: str = "lambda") -> dict[str, str]:
    """The headers of a signed POST."""
    signed = AWSRequest("POST", url, data=body)
    SigV4Auth(Credentials(key, secret), service, REGION).add_auth(signed)
    return dict(signed.headers.items())


def presign(url: str, key: str = "test", secret: str = "test", token: str = "", expires: int = 60) -> str:
    """`url` with a signature in its query."""
    request = AWSRequest("GET", url)
    signer = SigV4QueryAuth(Credentials(key, secret, token or None), "lambda", REGION, expires=expires)
    signer.add_auth(request)
    signed: str = request.url
    return signed
