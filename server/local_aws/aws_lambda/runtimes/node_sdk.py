"""AWS's SDK for JavaScript, v3, which AWS's Node runtimes bring along: installed here once, on request."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from server.local_aws.aws_lambda.runtimes import node

FOLDER_VARIABLE = "LOCAL_AWS_NODE_SDK"
PACKAGES = (
    *(
        "@aws-sdk/client-apigatewaymanagementapi",
        "@aws-sdk/client-appsync",
        "@aws-sdk/client-bedrock-runtime",
    ),
    *("@aws-sdk/client-cloudwatch-logs", "@aws-sdk/client-dynamodb", "@aws-sdk/client-eventbridge"),
    *("@aws-sdk/client-lambda", "@aws-sdk/client-s3", "@aws-sdk/client-secrets-manager"),
    *("@aws-sdk/client-sfn", "@aws-sdk/client-sns", "@aws-sdk/client-sqs", "@aws-sdk/client-ssm"),
    *(
        "@aws-sdk/client-sts",
        "@aws-sdk/credential-providers",
        "@aws-sdk/lib-dynamodb",
        "@aws-sdk/lib-storage",
    ),
    *("@aws-sdk/s3-request-presigner", "@aws-sdk/util-dynamodb", "@aws-crypto/sha256-js"),
    *("@smithy/protocol-http", "@smithy/signature-v4"),
)
"""What functions of a serverless application import most; AWS has all clients."""


class NotInstalled(Exception):
    """npm has failed; the message is what it said, in one line."""


def folder() -> Path:
    """Return where the SDK lies if it is installed: in this Python's own folder, unless a variable names
    another."""
    return Path(os.environ.get(FOLDER_VARIABLE) or Path(sys.prefix) / "local_aws" / "node_sdk")


def modules() -> Path | None:
    """Return the folder that functions search, if the SDK is installed."""
    found = folder() / "node_modules"
    return found if found.is_dir() else None


def install(packages: Sequence[str]) -> None:
    """Install `packages`, beside those that are there. Raises `NotInstalled`, and `OSError`."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--prefix", str(place)]
    path = f"{node().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        [str(node()), str(npm), "install", *options, *packages],
        env={**os.environ, "PATH": path},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        raise NotInstalled(" ".join(said[:2]) or f"npm ended with the status {done.returncode}")
