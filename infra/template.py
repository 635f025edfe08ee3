"""The CloudFormation template of a stage; `python -m infra.template` writes it to infra/resources.json.

The local run and the tests create their tables from the same file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chalicelib.kit.packages import TABLES, TOPICS

FILE = Path(__file__).with_name("resources.json")
DEAD_LETTER_RETENTION_SECONDS = 14 * 24 * 3600  # the maximum of SQS
INDEXES = {"by_list": "list", "by_owner": "owner"}  # name: attribute of its partition key


def build_template() -> dict[str, Any]:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Satukanal: tables and the journal's stream, topics, dead letters, the site's bucket.",
        "Parameters": {"Prefix": {"Type": "String", "Default": "satukanal", "AllowedPattern": "[a-z][a-z0-9-]{1,30}"}},
        "Resources": build_resources(),
        "Outputs": build_outputs(),
    }


def build_resources() -> dict[str, Any]:
    resources: dict[str, Any] = {
        f"{name.title()}Table": build_journal_table() if name == "journal" else build_table(name) for name in TABLES
    }
    resources |= {f"{name.title()}Topic": build_topic(name) for name in TOPICS}
    return resources | {
        "DeadLetters": build_dead_letter_queue(),
        "DeadLettersAlarm": build_dead_letter_alarm(),
        "SiteBucket": build_bucket("site"),
        "FilesBucket": build_bucket("files"),
    }


def build_table(package: str) -> dict[str, Any]:
    keys = [_key("pk", "HASH"), _key("sk", "RANGE")]
    attributes = [_attribute(name) for name in ("pk", "sk", *INDEXES.values(), "listed_at")]
    indexes = [_index(name, owner) for name, owner in INDEXES.items()]
    return _table_resource(package, keys, attributes, {"GlobalSecondaryIndexes": indexes})


def build_journal_table() -> dict[str, Any]:
    """The only table with a stream. Entries never change, so new images are enough."""
    keys = [_key("subject", "HASH"), _key("sequence", "RANGE")]
    attributes = [_attribute("subject"), _attribute("sequence", "N"), _attribute("shard"), _attribute("event_id")]
    extra = {
        "GlobalSecondaryIndexes": [_index("by_time", "shard", "event_id")],
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
    }
    return _table_resource("journal", keys, attributes, extra)


def build_topic(name: str) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": _prefixed(name)}}


def build_dead_letter_queue() -> dict[str, Any]:
    properties = {
        "QueueName": _prefixed("dead-letters"),
        "MessageRetentionPeriod": DEAD_LETTER_RETENTION_SECONDS,
        "SqsManagedSseEnabled": True,
    }
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def build_dead_letter_alarm() -> dict[str, Any]:
    """A dead letter is an event that a handler failed to process, so the alarm fires at the first one."""
    properties = {
        "AlarmName": _prefixed("dead-letters"),
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def build_bucket(name: str) -> dict[str, Any]:
    """A private bucket: the CDN reads the site, the functions read files.

    Bucket names are unique among all AWS accounts, so the name contains the account and the region.
    """
    no_public_access = dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    encryption = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    unique = {"Fn::Sub": f"${{Prefix}}-{name}-${{AWS::AccountId}}-${{AWS::Region}}"}
    properties = {
        "BucketName": unique,
        "PublicAccessBlockConfiguration": no_public_access,
        "BucketEncryption": encryption,
    }
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def build_outputs() -> dict[str, Any]:
    """Outputs whose names become settings of the functions, see `deploy.build_environment`."""
    outputs: dict[str, Any] = {f"Topic{name.title()}": {"Value": {"Ref": f"{name.title()}Topic"}} for name in TOPICS}
    outputs["JournalStreamArn"] = {"Value": {"Fn::GetAtt": ["JournalTable", "StreamArn"]}}
    outputs["DeadLettersUrl"] = {"Value": {"Ref": "DeadLetters"}}
    outputs["DeadLettersArn"] = {"Value": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
    outputs["Bucket"] = {"Value": {"Ref": "FilesBucket"}}
    outputs["SiteBucket"] = {"Value": {"Ref": "SiteBucket"}}
    return outputs


def render() -> str:
    return json.dumps(build_template(), indent=1) + "\n"


def _table_resource(name: str, keys: list[Any], attributes: list[Any], extra: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "TableName": _prefixed(name),
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": keys,
        "AttributeDefinitions": attributes,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
    }
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties | extra,
    }


def _index(name: str, partition: str, sort: str = "listed_at") -> dict[str, Any]:
    keys = [_key(partition, "HASH"), _key(sort, "RANGE")]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "KEYS_ONLY"}}


def _key(name: str, kind: str) -> dict[str, str]:
    return {"AttributeName": name, "KeyType": kind}


def _attribute(name: str, kind: str = "S") -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": kind}


def _prefixed(name: str) -> dict[str, str]:
    return {"Fn::Sub": "${Prefix}-" + name}


if __name__ == "__main__":
    FILE.write_text(render())
