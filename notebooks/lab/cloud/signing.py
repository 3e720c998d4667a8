"""Signs requests to Function URLs whose AuthType is AWS_IAM, with botocore's own signer.

Lambda's authorization of URLs: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html (checked 2026-11).
"""

from dataclasses import dataclass

import boto3
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

SERVICE = "lambda"
VALID_SECONDS = 3600


@dataclass(frozen=True)
class FunctionUrlSigner:
    """Signs for one Region, with the credentials that the session has at that moment."""

    session: boto3.Session
    region: str

    def credentials(self) -> ReadOnlyCredentials:
        return self.session.get_credentials().get_frozen_credentials()

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers that sign a GET of `url`."""
        request = AWSRequest("GET", url)
        SigV4Auth(self.credentials(), SERVICE, self.region).add_auth(request)
        return dict(request.headers)

    def presign(self, url: str) -> str:
        """Return `url` with its signature, valid for an hour, for a client that cannot send headers."""
        request = AWSRequest("GET", url)
        SigV4QueryAuth(self.credentials(), SERVICE, self.region, VALID_SECONDS).add_auth(request)
        return str(request.url)

    def curl_options(self) -> str:
        """Return the options as one would type them: the credentials themselves are not for the screen."""
        scope = f"--aws-sigv4 aws:amz:{self.region}:{SERVICE}"
        token = " -H x-amz-security-token:$AWS_SESSION_TOKEN" if self.credentials().token else ""
        return f'{scope} --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"{token}'

    def curl_configuration(self) -> str:
        """The same for curl's standard input: on a command line, other users of the machine could read it."""
        credentials = self.credentials()
        lines = [
            f'aws-sigv4 = "aws:amz:{self.region}:{SERVICE}"',
            f'user = "{credentials.access_key}:{credentials.secret_key}"',
        ]
        if credentials.token:
            lines.append(f'header = "x-amz-security-token: {credentials.token}"')
        return "\n".join(lines)
