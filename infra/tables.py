"""Creates the tables, topics, queue and bucket of infra/resources.json by API calls, on moto or the local engine."""

from __future__ import annotations

import json
from typing import Any

from infra.template import FILE

# Table properties that neither moto nor the local engine supports.
CLOUD_ONLY_SETTINGS = ("PointInTimeRecoverySpecification", "SSESpecification")


def create_tables(client: Any, prefix: str) -> None:
    """Create missing tables; existing ones stay as they are."""
    existing = set(client.list_tables()["TableNames"])
    for properties in _load_properties("AWS::DynamoDB::Table", prefix):
        if properties["TableName"] not in existing:
            client.create_table(**_properties_to_request(properties))


def create_topics(client: Any, prefix: str) -> dict[str, str]:
    """Return topic ARNs by name without the prefix. Creating an existing topic returns its ARN."""
    names = [properties["TopicName"] for properties in _load_properties("AWS::SNS::Topic", prefix)]
    return {name.removeprefix(f"{prefix}-"): client.create_topic(Name=name)["TopicArn"] for name in names}


def create_dead_letters(client: Any, prefix: str) -> str:
    return str(client.create_queue(QueueName=f"{prefix}-dead-letters")["QueueUrl"])


def create_files_bucket(client: Any, prefix: str) -> None:
    name = f"{prefix}-files"
    if name not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": client.meta.region_name})


def _load_properties(kind: str, prefix: str) -> list[Any]:
    text = FILE.read_text().replace("${Prefix}", prefix)
    resources = json.loads(text)["Resources"].values()
    of_kind = [resource["Properties"] for resource in resources if resource["Type"] == kind]
    return [{name: _resolve_substitution(value) for name, value in properties.items()} for properties in of_kind]


def _resolve_substitution(value: Any) -> Any:
    return value["Fn::Sub"] if isinstance(value, dict) and "Fn::Sub" in value else value


def _properties_to_request(properties: dict[str, Any]) -> dict[str, Any]:
    request = {name: value for name, value in properties.items() if name not in CLOUD_ONLY_SETTINGS}
    if "StreamSpecification" in request:
        request["StreamSpecification"] = {"StreamEnabled": True, **request["StreamSpecification"]}
    return request
