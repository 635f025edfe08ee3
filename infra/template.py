"""What a stage is made of, as one CloudFormation template; `python -m infra.template` writes infra/resources.json.

The local run and the tests create their tables from the same file, so what is tested is what is deployed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chalicelib.kit.packages import TABLES, TOPICS

FILE = Path(__file__).with_name("resources.json")
INDEXES = {"by_list": "list", "by_owner": "owner"}


def build_template() -> dict[str, Any]:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Satukanal: tables and the journal's stream, topics, dead letters, the site's bucket.",
        "Parameters": {"Prefix": {"Type": "String", "Default": "satukanal", "AllowedPattern": "[a-z][a-z0-9-]{1,30}"}},
        "Resources": build_resources(),
        "Outputs": build_outputs(),
    }


def build_resources() -> dict[str, Any]:
    made: dict[str, Any] = {
        f"{name.title()}Table": build_journal_table() if name == "journal" else build_table(name) for name in TABLES
    }
    made |= {f"{name.title()}Topic": build_topic(name) for name in TOPICS}
    return made | {
        "DeadLetters": build_dead_letter_queue(),
        "DeadLettersAlarm": build_dead_letter_alarm(),
        "SiteBucket": build_bucket("site"),
        "FilesBucket": build_bucket("files"),
    }


def build_table(room: str) -> dict[str, Any]:
    keys = [_key("pk", "HASH"), _key("sk", "RANGE")]
    attributes = [_attribute(name) for name in ("pk", "sk", *INDEXES.values(), "listed_at")]
    indexes = [_index(name, owner) for name, owner in INDEXES.items()]
    return _table_resource(room, keys, attributes, {"GlobalSecondaryIndexes": indexes})


def build_journal_table() -> dict[str, Any]:
    """The only stream of the house: new images are all that listeners need."""
    keys = [_key("subject", "HASH"), _key("sequence", "RANGE")]
    attributes = [_attribute("subject"), _attribute("sequence", "N")]
    return _table_resource("journal", keys, attributes, {"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}})


def build_topic(name: str) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": _prefixed(name)}}


def build_dead_letter_queue() -> dict[str, Any]:
    fortnight = 14 * 24 * 3600
    properties = {
        "QueueName": _prefixed("dead-letters"),
        "MessageRetentionPeriod": fortnight,
        "SqsManagedSseEnabled": True,
    }
    return {"Type": "AWS::SQS::Queue", "Properties": properties | {"SqsManagedSseEnabled": True}}


def build_dead_letter_alarm() -> dict[str, Any]:
    """One dead letter is one message that nobody got: that is worth waking somebody."""
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
    """Open to nobody: the site is read by the CDN alone, files by the functions. Names are taken world-wide."""
    closed = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    encryption = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    unique = {"Fn::Sub": f"${{Prefix}}-{name}-${{AWS::AccountId}}-${{AWS::Region}}"}
    properties = {"BucketName": unique, "PublicAccessBlockConfiguration": closed, "BucketEncryption": encryption}
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def build_outputs() -> dict[str, Any]:
    """Named as the functions' environment names them, so that the deploy copies them over."""
    made: dict[str, Any] = {f"Topic{name.title()}": {"Value": {"Ref": f"{name.title()}Topic"}} for name in TOPICS}
    made["JournalStreamArn"] = {"Value": {"Fn::GetAtt": ["JournalTable", "StreamArn"]}}
    made["DeadLettersUrl"] = {"Value": {"Ref": "DeadLetters"}}
    made["DeadLettersArn"] = {"Value": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
    made["Bucket"] = {"Value": {"Ref": "FilesBucket"}}
    made["SiteBucket"] = {"Value": {"Ref": "SiteBucket"}}
    return made


def render() -> str:
    return json.dumps(build_template(), indent=1) + "\n"


def _table_resource(room: str, keys: list[Any], attributes: list[Any], more: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "TableName": _prefixed(room),
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
        "Properties": properties | more,
    }


def _index(name: str, owner: str) -> dict[str, Any]:
    keys = [_key(owner, "HASH"), _key("listed_at", "RANGE")]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "KEYS_ONLY"}}


def _key(name: str, kind: str) -> dict[str, str]:
    return {"AttributeName": name, "KeyType": kind}


def _attribute(name: str, kind: str = "S") -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": kind}


def _prefixed(name: str) -> dict[str, str]:
    return {"Fn::Sub": "${Prefix}-" + name}


if __name__ == "__main__":
    FILE.write_text(render())
