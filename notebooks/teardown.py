"""Deletes what the lessons have left in the AWS account that boto3 is configured for.

    .venv/bin/python notebooks/teardown.py --dry-run        what there is of your runs
    .venv/bin/python notebooks/teardown.py                  delete it, look again, say what is left
    .venv/bin/python notebooks/teardown.py --policy 06      the permissions that lesson 06 needs

Yours are the runs with your owner's name: STREAMING_RUN, or one made of your ARN. `--everybody` means all,
and asks for the account's id.
Exit status 0: nothing is left; 1: something is; 2: AWS could not be asked, or it was not confirmed.
"""

import argparse
import json
import sys
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from lab.cloud.account import Caller, confirm, who_am_i
from lab.cloud.plan import LESSONS, plan
from lab.cloud.run import owner
from lab.cloud.start import cloud_of
from lab.cloud.teardown import teardown


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    parser.add_argument("--run", help="one run only, for example streaming-06-3fa2c1")
    parser.add_argument("--everybody", action="store_true", help="the runs of everybody in this account")
    parser.add_argument("--policy", metavar="LESSON", choices=list(LESSONS), help="print a policy document")
    arguments = parser.parse_args()
    if arguments.policy:
        print(json.dumps(plan(arguments.policy, "*", "*", "").policy(), indent=2))
        return 0
    try:
        caller = who_am_i()
        cloud = cloud_of(caller, "00")
        print(f"account {caller.account_id}, {caller.region}, by {caller.endpoint_url}")
        left = teardown(cloud, chosen(arguments, caller), dry_run=arguments.dry_run)
    except (RuntimeError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if left else 0


def chosen(arguments: argparse.Namespace, caller: Caller) -> Callable[[str], bool]:
    """Says of a run whether it is meant. Raises `RuntimeError` if everybody's are and it is not confirmed."""
    if arguments.run:
        return lambda run: bool(run == arguments.run)
    if not arguments.everybody:
        return lambda run: run.endswith(f"-{owner(caller.arn)}")
    if not arguments.dry_run:
        confirm(caller, "To delete the runs of everybody")
    return lambda run: True


if __name__ == "__main__":
    sys.exit(main())
