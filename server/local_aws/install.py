"""`python -m server.local_aws.install node-sdk [PACKAGE …]`: install what AWS's runtimes bring along.

`node-sdk` is AWS's SDK for JavaScript, by npm: the clients that are used most, or the packages that are
named. Functions of every stand-in find it from then on. Nothing is downloaded at any other time.
"""

import argparse
import sys

from server.local_aws.aws_lambda.runtimes import node_sdk


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m server.local_aws.install",
        description="Install what AWS's runtimes bring along, for functions on this machine.",
    )
    parser.add_argument("what", choices=["node-sdk"], help="AWS's SDK for JavaScript, v3")
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help="as @aws-sdk/client-kinesis")
    options = parser.parse_args()
    try:
        node_sdk.install(options.packages or node_sdk.PACKAGES)
    except (node_sdk.NotInstalled, OSError) as error:
        print(f"The SDK is not installed: {error}", file=sys.stderr)
        return 1
    print(f"Installed in {node_sdk.folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
