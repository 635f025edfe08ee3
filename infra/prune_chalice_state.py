"""Removes resources that no longer exist from Chalice's record of a stage.

`chalice delete` fails at the first missing resource without updating its record, so running it again fails at the same
one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

NOT_FOUND_CODES = {"ResourceNotFoundException", "NotFoundException", "NotFound", "NoSuchEntity", "NoSuchBucket"}
NOT_FOUND_CODES |= {"ParameterNotFound"}
# The call that looks a resource up: service, method, parameter, key in the record. Chalice ignores missing layers.
LOOKUPS = {
    "lambda_function": ("lambda", "get_function_configuration", "FunctionName", "lambda_arn"),
    "dynamodb_event": ("lambda", "get_event_source_mapping", "UUID", "event_uuid"),
    "sns_event": ("sns", "get_subscription_attributes", "SubscriptionArn", "subscription_arn"),
    "cloudwatch_event": ("events", "describe_rule", "Name", "rule_name"),
    "rest_api": ("apigateway", "get_rest_api", "restApiId", "rest_api_id"),
    "iam_role": ("iam", "get_role", "RoleName", "role_name"),
}


def prune(project: Path, stage: str) -> list[str]:
    """Return the names of the removed resources."""
    file = project / ".chalice" / "deployed" / f"{stage}.json"
    if not file.exists():
        return []
    record = json.loads(file.read_text())
    clients = {service: boto3.client(service) for service, *_ in LOOKUPS.values()}
    missing = [resource["name"] for resource in record["resources"] if not exists(clients, resource)]
    if missing:
        record["resources"] = [resource for resource in record["resources"] if resource["name"] not in missing]
        temporary = file.with_suffix(".new")
        temporary.write_text(json.dumps(record, indent=2) + "\n")
        temporary.replace(file)  # atomic, so that an interruption leaves a complete record
    return missing


def exists(clients: dict[str, Any], resource: dict[str, Any]) -> bool:
    if resource["resource_type"] not in LOOKUPS:
        return True
    service, call, parameter, key = LOOKUPS[resource["resource_type"]]
    try:
        response = getattr(clients[service], call)(**{parameter: resource[key]})
    except ClientError as error:
        if is_not_found(error):
            return False
        raise
    return bool(response.get("State") != "Deleting")  # an event source mapping in this state rejects a deletion


def is_not_found(error: ClientError) -> bool:
    return error.response["Error"]["Code"] in NOT_FOUND_CODES
