"""What infra/resources.json names, made by plain API calls on moto or on the local engine."""

from __future__ import annotations

import json
from typing import Any

from infra.template import FILE

CLOUD_ONLY_SETTINGS = (
    "PointInTimeRecoverySpecification",
    "SSESpecification",
)  # settings of a stage that no local engine has


def create_tables(client: Any, prefix: str) -> None:
    """Leaves alone what is there already, so a second start changes nothing."""
    standing = set(client.list_tables()["TableNames"])
    for properties in _load_properties("AWS::DynamoDB::Table", prefix):
        if properties["TableName"] not in standing:
            client.create_table(**_properties_to_request(properties))


def create_topics(client: Any, prefix: str) -> dict[str, str]:
    """{name without prefix: ARN}; creating what exists answers with its ARN."""
    names = [properties["TopicName"] for properties in _load_properties("AWS::SNS::Topic", prefix)]
    return {name.removeprefix(f"{prefix}-"): client.create_topic(Name=name)["TopicArn"] for name in names}


def create_dead_letters(client: Any, prefix: str) -> str:
    return str(client.create_queue(QueueName=f"{prefix}-dead-letters")["QueueUrl"])


def create_files_bucket(client: Any, prefix: str) -> None:
    name = f"{prefix}-files"
    if name not in {each["Name"] for each in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": client.meta.region_name})


def _load_properties(kind: str, prefix: str) -> list[Any]:
    text = FILE.read_text().replace("${Prefix}", prefix)
    found = [each["Properties"] for each in json.loads(text)["Resources"].values() if each["Type"] == kind]
    return [{name: _resolve_substitution(value) for name, value in properties.items()} for properties in found]


def _resolve_substitution(value: Any) -> Any:
    return value["Fn::Sub"] if isinstance(value, dict) and "Fn::Sub" in value else value


def _properties_to_request(properties: dict[str, Any]) -> dict[str, Any]:
    request = {name: value for name, value in properties.items() if name not in CLOUD_ONLY_SETTINGS}
    if "StreamSpecification" in request:
        request["StreamSpecification"] = {"StreamEnabled": True, **request["StreamSpecification"]}
    return request
