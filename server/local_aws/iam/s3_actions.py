"""Which actions on which buckets and objects the calls of S3 are.

Sources (checked 2026-11): docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
(what an operation needs) and
docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html. Access points and what
belongs to an account are judged on `*`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from server.local_aws.control_plane.call import ApiCall
from server.local_aws.control_plane.operations import Operation

Needs = list[tuple[str, str]]

ACTIONS: Mapping[str, str] = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
}
"""What an operation's action is called, where it is not called as the operation is."""

CONFIGURATION = re.compile(
    r"(Get|Put|Delete|List)(?:Bucket)?(Accelerate|Analytics|Encryption|IntelligentTiering|Inventory|Lifecycle|Metrics"
    r"|Replication)(?:Configurations?)?"
)
"""Operations on configurations of buckets, all of whose actions are called alike: to delete one is to put
it."""

OF_VERSIONS = {
    "DeleteObject",
    "DeleteObjectTagging",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectTagging",
    "GetObjectTorrent",
    "PutObjectAcl",
    "PutObjectTagging",
}
"""Actions that are others on a version: `GetObjectVersion`, `GetObjectVersionAcl`, …"""

BY_HEADER = {"x-amz-acl": "PutObjectAcl", "x-amz-tagging": "PutObjectTagging"}
"""What a request that stores an object needs besides, if it has one of these headers."""

COPIES = {"CopyObject", "UploadPartCopy"}


def needs(call: ApiCall, operation: Operation) -> Needs:
    """Return the actions, without the name of the service, on resources."""
    bucket, key = str(operation.members.get("Bucket", "")), str(operation.members.get("Key", ""))
    if not bucket:
        return []
    if operation.name == "DeleteObjects":
        return [of_version("DeleteObject", bucket, *each) for each in objects_in(call.body)] or [
            ("DeleteObject", resource(bucket, "*"))
        ]
    if operation.name in COPIES:
        return [of_source(call.header("x-amz-copy-source")), *stored(call, bucket, key)]
    action = action_of(operation.name)
    if action == "PutObject":
        return stored(call, bucket, key)
    version = call.query.get("versionId", "")
    found = [of_version(action, bucket, key, version)]
    if action == "GetObjectAttributes":
        found.append(of_version("GetObject", bucket, key, version))
    return found


def action_of(name: str) -> str:
    if match := CONFIGURATION.fullmatch(name):
        verb = {"Delete": "Put", "List": "Get"}.get(match[1], match[1])
        return f"{verb}{match[2]}Configuration"
    return ACTIONS.get(name, name)


def stored(call: ApiCall, bucket: str, key: str) -> Needs:
    more = [action for header, action in BY_HEADER.items() if call.header(header)]
    return [(action, resource(bucket, key)) for action in ("PutObject", *more)]


def of_version(action: str, bucket: str, key: str, version: str = "") -> tuple[str, str]:
    if version and action in OF_VERSIONS:
        action = action.replace("Object", "ObjectVersion", 1)
    return action, resource(bucket, key)


def of_source(header: str) -> tuple[str, str]:
    """The object that is copied from: `bucket/key` or `bucket/key?versionId=…`, escaped."""
    path, _, version = header.partition("?versionId=")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    return of_version("GetObject", bucket, key, version)


def resource(bucket: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def objects_in(body: bytes) -> Iterator[tuple[str, str]]:
    """The key and the version of each object in a request to delete several."""
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError):
        return
    for found in root.iter():
        if local_name(found) == "Object":
            versions = [each.text or "" for each in found if local_name(each) == "VersionId"]
            for each in found:
                if local_name(each) == "Key":
                    yield each.text or "", next(iter(versions), "")


def local_name(element: "ElementTree.Element[Any]") -> str:
    return str(element.tag).rpartition("}")[2]


def context_of(call: ApiCall, operation: Operation) -> dict[str, list[str]]:
    """The condition keys of a listing."""
    if action_of(operation.name) not in ("ListBucket", "ListBucketVersions"):
        return {}
    given = {name: call.query[name] for name in ("prefix", "delimiter", "max-keys") if name in call.query}
    return {f"s3:{name}": [value] for name, value in given.items()}
