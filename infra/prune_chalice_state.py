"""Strikes what is gone from Chalice's record of a stage. `chalice delete` breaks off at a thing that is gone, writes
nothing down then, and comes to the same thing first when it is run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

NOT_FOUND_CODES = {"ResourceNotFoundException", "NotFoundException", "NotFound", "NoSuchEntity", "NoSuchBucket"}
NOT_FOUND_CODES |= {"ParameterNotFound"}
# Which call asks for it, and which word of the record it takes. A layer that is gone, Chalice passes over by itself.
LOOKUPS = {
    "lambda_function": ("lambda", "get_function_configuration", "FunctionName", "lambda_arn"),
    "dynamodb_event": ("lambda", "get_event_source_mapping", "UUID", "event_uuid"),
    "sns_event": ("sns", "get_subscription_attributes", "SubscriptionArn", "subscription_arn"),
    "cloudwatch_event": ("events", "describe_rule", "Name", "rule_name"),
    "rest_api": ("apigateway", "get_rest_api", "restApiId", "rest_api_id"),
    "iam_role": ("iam", "get_role", "RoleName", "role_name"),
}


def prune(project: Path, stage: str) -> list[str]:
    """The names of what was struck."""
    file = project / ".chalice" / "deployed" / f"{stage}.json"
    if not file.exists():
        return []
    record = json.loads(file.read_text())
    clients = {service: boto3.client(service) for service, *_ in LOOKUPS.values()}
    gone = [each["name"] for each in record["resources"] if not exists(clients, each)]
    if gone:
        record["resources"] = [each for each in record["resources"] if each["name"] not in gone]
        anew = file.with_suffix(".anew")
        anew.write_text(json.dumps(record, indent=2) + "\n")
        anew.replace(file)  # whole or not at all
    return gone


def exists(clients: dict[str, Any], resource: dict[str, Any]) -> bool:
    if resource["resource_type"] not in LOOKUPS:
        return True
    service, call, word, known_as = LOOKUPS[resource["resource_type"]]
    try:
        found = getattr(clients[service], call)(**{word: resource[known_as]})
    except ClientError as error:
        if is_not_found(error):
            return False
        raise
    return bool(found.get("State") != "Deleting")  # a mapping takes its time, and refuses to be deleted meanwhile


def is_not_found(error: ClientError) -> bool:
    return error.response["Error"]["Code"] in NOT_FOUND_CODES
