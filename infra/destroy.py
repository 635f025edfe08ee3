"""Takes a stage down again, all of it: what Chalice made, its logs, the stack with everything kept in it, the keys.

`python -m infra.destroy dev` asks for the stage's name once more first, because nothing of it comes back.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import typer
from botocore.exceptions import ClientError

from infra import prune_chalice_state
from infra.deploy import ROOT, Reporter


def destroy(name: str, *, project: Path = ROOT, report: Reporter = print) -> None:
    """Run again after it was broken off, it takes what is still there. A call whose answer was lost is made again and
    finds the thing gone: that is done too."""
    prefix = f"satukanal-{name}"
    delete_functions(project, name, report)
    report("functions, API and subscriptions are gone")
    logs = delete_logs(f"/aws/lambda/{prefix}")
    report(f"logs: {logs} groups are gone")
    delete_stack(prefix)
    report(f"stack {prefix} is gone, with tables, topics, files and dead letters")
    delete_signing_keys(prefix)
    report("signing keys are gone: no link or token of this stage opens anything any more")


def delete_functions(project: Path, name: str, say: Reporter) -> None:
    """Again for as long as there is less to do each time."""
    while broken_off := run_chalice_delete(project, name):
        gone = prune_chalice_state.prune(project, name)
        if not gone:
            raise SystemExit(f"chalice delete failed:\n{broken_off}")
        say(f"chalice delete broke off: {broken_off.strip().splitlines()[-1].strip()}")
        are = "is" if len(gone) == 1 else "are"
        say(f"{len(gone)} of what it wrote down {are} gone, and struck from that; it runs again for the rest")


def run_chalice_delete(project: Path, name: str) -> str:
    """What it said when it broke off; nothing when it came to its end."""
    command = [str(Path(sys.executable).with_name("chalice")), "delete", "--stage", name]
    made = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return f"{made.stdout}{made.stderr}" or f"it ended with {made.returncode}" if made.returncode else ""


def delete_logs(prefix: str) -> int:
    """Of the doors' function, which is called like the stage, and of the others, which begin so."""
    client = boto3.client("logs")
    pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    named = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    groups = [group for group in named if group == prefix or group.startswith(f"{prefix}-")]
    for group in groups:
        with ignore_not_found():
            client.delete_log_group(logGroupName=group)
    return len(groups)


def delete_stack(prefix: str) -> None:
    """A bucket must be empty before its stack can go."""
    client = boto3.client("cloudformation")
    for bucket in list_buckets(client, prefix):
        with ignore_not_found():  # the stack still names it when an earlier run came this far
            empty_bucket(bucket)
    client.delete_stack(StackName=prefix)
    client.get_waiter("stack_delete_complete").wait(StackName=prefix, WaiterConfig={"Delay": 2})


def list_buckets(client: Any, prefix: str) -> list[str]:
    try:
        resources = client.describe_stack_resources(StackName=prefix)["StackResources"]
    except client.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return []
        raise
    return [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::S3::Bucket"]


def empty_bucket(bucket: str) -> None:
    client = boto3.client("s3")
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if found:
            objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def delete_signing_keys(prefix: str) -> None:
    with ignore_not_found():
        boto3.client("ssm").delete_parameter(Name=f"/{prefix}/signing-keys")


@contextmanager
def ignore_not_found() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if not prune_chalice_state.is_not_found(error):
            raise


def main(name: str) -> None:
    os.environ.setdefault("AWS_DEFAULT_REGION", "ap-southeast-3")
    if typer.prompt(f"Every order, customer and file of stage {name} goes for ever. Type its name to go on") != name:
        raise SystemExit("Nothing was touched.")
    destroy(name)


if __name__ == "__main__":
    typer.run(main)
