"""Who the root of the account is: moto's STS knows users and roles only.

Docs: docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html (checked 2026-11).
"""

import uuid

from server.local_aws.control_plane.call import ApiAnswer, ApiCall
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.control_plane.operations import operation_of
from server.local_aws.iam.identity import ROOT_ARN, ROOT_KEY
from server.local_aws.platform.service import Calls, Platform

ANSWER = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>{arn}</Arn><UserId>{account}</UserId><Account>{account}</Account></GetCallerIdentityResult>"
    "<ResponseMetadata><RequestId>{request}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
)


class RootIdentity(Calls):
    """Answers the root's `GetCallerIdentity`."""

    def __init__(self, platform: Platform) -> None:
        pass

    def serves(self, call: ApiCall) -> bool:
        if call.access_key != ROOT_KEY:
            return False
        operation = operation_of(call)
        return operation is not None and operation.name == "GetCallerIdentity"

    async def call(self, call: ApiCall) -> ApiAnswer:
        document = ANSWER.format(arn=ROOT_ARN, account=ACCOUNT_ID, request=uuid.uuid4())
        return ApiAnswer(200, [("Content-Type", "text/xml")], document.encode())

    async def stop(self) -> None:
        return
