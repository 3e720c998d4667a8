"""`${stageVariables.NAME}` in the URI of an integration. Pure.

Docs: docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html and
…/http-api-stages.stage-variables.html (checked 2026-11).
"""

import re
from collections.abc import Mapping

VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


def with_stage_variables(uri: str, variables: Mapping[str, str]) -> str:
    """`uri` with the values of the stage; what the stage does not set is empty."""
    return VARIABLE.sub(lambda match: variables.get(match[1], ""), uri)
