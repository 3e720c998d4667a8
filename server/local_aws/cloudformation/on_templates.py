"""CloudFormation's operations on templates.

Docs (checked 2026-11): docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/.
"""

import json
from typing import Any

from server.local_aws.cloudformation import documents, macros
from server.local_aws.cloudformation.definitions import capabilities_of, text_of
from server.local_aws.cloudformation.engine import Engine, Given, Handler
from server.local_aws.cloudformation.template import check_references, ordered, parse, well_formed
from server.local_aws.control_plane.call import ApiCall


class OnTemplates:
    """Serves them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.handlers: dict[str, Handler] = {
            "GetTemplate": self._get_template,
            "GetTemplateSummary": self._get_template_summary,
            "ValidateTemplate": self._validate_template,
        }

    async def _get_template(self, call: ApiCall, given: Given) -> dict[str, Any]:
        if name := given.get("ChangeSetName"):
            definition = self._engine.stacks.change_set(
                name, given.get("StackName", ""), call.region
            ).definition
        else:
            definition = self._engine.named(call, given).definition
        text = definition.text if definition else "{}"
        processed = definition is not None and macros.macros_of(parse(text))
        if given.get("TemplateStage") == "Processed" and processed:
            assert definition is not None
            text = json.dumps(definition.document)
        return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}

    async def _get_template_summary(self, call: ApiCall, given: Given) -> dict[str, Any]:
        if given.get("StackName"):
            definition = self._engine.named(call, given).definition
            document = parse(definition.text) if definition else {"Resources": {}}
        else:
            document = parse(await text_of(given, self._engine.calls(call)))
        with well_formed():
            return documents.template(document, *capabilities_of(document))

    async def _validate_template(self, call: ApiCall, given: Given) -> dict[str, Any]:
        document = parse(await text_of(given, self._engine.calls(call)))
        with well_formed():
            if not macros.macros_of(document):
                check_references(document)
                ordered(document["Resources"])
        with well_formed():
            return documents.template(document, *capabilities_of(document))
