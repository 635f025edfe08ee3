"""Deletes a stage completely: the functions, their logs, the stack with all its data, and the signing keys.

`python -m infra.destroy dev` asks for the stage's name first, because nothing can be restored.
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


def destroy(stage: str, *, project: Path = ROOT, report: Reporter = print) -> None:
    """Delete the stage. Run it again after an interruption; for a deleted stage it does nothing."""
    prefix = f"satukanal-{stage}"
    delete_functions(project, stage, report)
    report("functions, API and subscriptions deleted")
    report(f"logs: {delete_logs(f'/aws/lambda/{prefix}')} groups deleted")
    delete_stack(prefix)
    report(f"stack {prefix} deleted, with tables, topics, files and dead letters")
    delete_signing_keys(prefix)
    report("signing keys deleted: links and tokens of this stage are no longer valid")


def delete_functions(project: Path, stage: str, report: Reporter) -> None:
    """Run `chalice delete` until it succeeds. Raises SystemExit when a run fails and has deleted nothing."""
    while output := run_chalice_delete(project, stage):
        missing = prune_chalice_state.prune(project, stage)
        if not missing:
            raise SystemExit(f"chalice delete failed:\n{output}")
        report(f"chalice delete failed: {output.strip().splitlines()[-1].strip()}")
        report(f"{len(missing)} resources no longer exist and were removed from its record; running it again")


def run_chalice_delete(project: Path, stage: str) -> str:
    """The output of a failed run; empty when it succeeded."""
    command = [str(Path(sys.executable).with_name("chalice")), "delete", "--stage", stage]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return f"{result.stdout}{result.stderr}" or f"exit code {result.returncode}" if result.returncode else ""


def delete_logs(prefix: str) -> int:
    """Delete the log groups of the stage's functions and return their number.

    The API's function has the name `prefix`; the names of all other functions begin with `prefix` and a hyphen.
    """
    client = boto3.client("logs")
    pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    groups = [name for name in names if name == prefix or name.startswith(f"{prefix}-")]
    for group in groups:
        with ignore_not_found():
            client.delete_log_group(logGroupName=group)
    return len(groups)


def delete_stack(prefix: str) -> None:
    """Delete the stack after emptying its buckets; CloudFormation cannot delete a bucket with objects."""
    client = boto3.client("cloudformation")
    for bucket in list_buckets(client, prefix):
        with ignore_not_found():  # after an interrupted run the stack still names a deleted bucket
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
    return [row["PhysicalResourceId"] for row in resources if row["ResourceType"] == "AWS::S3::Bucket"]


def empty_bucket(bucket: str) -> None:
    client = boto3.client("s3")
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if versions:
            objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
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


def main(stage: str) -> None:
    os.environ.setdefault("AWS_DEFAULT_REGION", "ap-southeast-3")
    if typer.prompt(f"This deletes every order, customer and file of stage {stage} for ever. Type its name") != stage:
        raise SystemExit("Nothing was deleted.")
    destroy(stage)


if __name__ == "__main__":
    typer.run(main)
