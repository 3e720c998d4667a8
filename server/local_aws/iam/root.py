"""Who the root of the account is: moto's STS knows users and roles only.

Docs: docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html (checked 2026-11).
"""

import uuid

from server.local_aws.api import ApiAnswer, ApiCall
from server.local_aws.control_plane import ACCOUNT_ID
from server.local_aws.iam.identity import ROOT_ARN, ROOT_KEY
from server.local_aws.operations import operation_of

ANSWER = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>{arn}</Arn><UserId>{account}</UserId><Account>{account}</Account></GetCallerIdentityResult>"
    "<ResponseMetadata><RequestId>{request}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
)


def is_asked(call: ApiCall) -> bool:
    """True if the root asks who it is."""
    if call.service != "sts" or call.access_key != ROOT_KEY:
        return False
    operation = operation_of(call)
    return operation is not None and operation.name == "GetCallerIdentity"


def answer() -> ApiAnswer:
    document = ANSWER.format(arn=ROOT_ARN, account=ACCOUNT_ID, request=uuid.uuid4())
    return ApiAnswer(200, [("Content-Type", "text/xml")], document.encode())
