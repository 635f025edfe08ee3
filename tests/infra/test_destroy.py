"""A stage can be deleted after any interruption: the real `chalice delete`, on moto in this process."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from chalice.cli.factory import CLIFactory
from chalice.utils import UI

import app  # noqa: F401 - otherwise chalice loads the test's app.py under this name for all later tests
from chalicelib.kit import config
from infra import destroy, prune_chalice_state
from tests.moto_aws import client

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
BEFORE_CALL_EVENT = "provide-client-params"
BUCKET = {"Resources": {"Files": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "satukanal-dev-files-1"}}}}


@pytest.fixture
def project(aws: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployed stage: two functions, their triggers, logs, a stack and signing keys."""
    (tmp_path / ".chalice" / "deployed").mkdir(parents=True)
    (tmp_path / ".chalice" / "config.json").write_text(json.dumps({"version": "2.0", "app_name": "satukanal"}))
    (tmp_path / "app.py").write_text("from chalice import Chalice\n\napp = Chalice('satukanal')\n")
    record = {"schema_version": "2.0", "backend": "api", "resources": deployed_resources()}
    (tmp_path / ".chalice" / "deployed" / "dev.json").write_text(json.dumps(record))
    client("cloudformation").create_stack(StackName="satukanal-dev", TemplateBody=json.dumps(BUCKET))
    client("s3").put_object(Bucket="satukanal-dev-files-1", Key="products/TEH-001.webp", Body=b"a picture")
    client("ssm").put_parameter(Name="/satukanal-dev/signing-keys", Value="x" * 32, Type="SecureString")
    client("logs").create_log_group(logGroupName="/aws/lambda/satukanal-dev-route")
    monkeypatch.setattr(destroy, "run_chalice_delete", chalice_delete_in_process)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", destroy_session())
    return tmp_path


@cache
def botocore_session() -> botocore.session.Session:
    """The session of the code under test; the test uses another one, without the hooks of `before_each_deletion`."""
    return botocore.session.get_session()


@cache
def destroy_session() -> boto3.Session:
    return boto3.Session(botocore_session=botocore_session(), region_name=config.region())


def deployed_resources() -> list[dict[str, str]]:
    role = client("iam").create_role(RoleName="satukanal-dev-api", AssumeRolePolicyDocument=json.dumps(TRUST))
    api_function, handler = [create_function(f"satukanal-dev{name}", role["Role"]["Arn"]) for name in ("", "-route")]
    topic = client("sns").create_topic(Name="satukanal-dev-orders")["TopicArn"]
    subscription = client("sns").subscribe(
        TopicArn=topic, Protocol="lambda", Endpoint=handler, ReturnSubscriptionArn=True
    )
    stream = client("dynamodb").describe_table(TableName="test-journal")["Table"]["LatestStreamArn"]
    mapping = client("lambda").create_event_source_mapping(
        EventSourceArn=stream, FunctionName=handler, StartingPosition="LATEST"
    )
    client("events").put_rule(Name="satukanal-dev-escalate", ScheduleExpression="rate(1 minute)")
    api = client("apigateway").create_rest_api(name="satukanal")["id"]
    return [
        {
            "name": "role",
            "resource_type": "iam_role",
            "role_arn": role["Role"]["Arn"],
            "role_name": "satukanal-dev-api",
        },
        {"name": "route", "resource_type": "lambda_function", "lambda_arn": handler},
        {
            "name": "route-sns-subscription",
            "resource_type": "sns_event",
            "topic": "satukanal-dev-orders",
            "topic_arn": topic,
            "lambda_arn": handler,
            "subscription_arn": subscription["SubscriptionArn"],
        },
        {
            "name": "journal",
            "resource_type": "dynamodb_event",
            "stream_arn": stream,
            "lambda_arn": handler,
            "event_uuid": mapping["UUID"],
        },
        {"name": "escalate", "resource_type": "cloudwatch_event", "rule_name": "satukanal-dev-escalate"},
        {"name": "api_handler", "resource_type": "lambda_function", "lambda_arn": api_function},
        {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": api},
    ]


def create_function(name: str, role: str) -> str:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "app = print\n")
    arn: str = client("lambda").create_function(
        FunctionName=name, Role=role, Runtime="python3.11", Handler="app.app", Code={"ZipFile": code.getvalue()}
    )["FunctionArn"]
    return arn


def chalice_delete_in_process(project: Path, stage: str) -> str:
    """What `chalice delete` does. A process of its own would not use moto."""
    factory = CLIFactory(str(project), environ={})
    config = factory.create_config_obj(chalice_stage_name=stage)
    with redirect_stdout(io.StringIO()) as output:
        try:
            factory.create_deletion_deployer(botocore_session(), UI()).deploy(config, stage)
        except Exception as error:
            return f"{output.getvalue()}{type(error).__name__}: {error}"
    return ""


def existing_resources() -> list[str]:
    """The names of the stage's resources, and all subscriptions and event source mappings."""
    functions = [row["FunctionName"] for row in client("lambda").list_functions()["Functions"]]
    rules = [row["Name"] for row in client("events").list_rules()["Rules"]]
    buckets = [row["Name"] for row in client("s3").list_buckets()["Buckets"]]
    keys = [row["Name"] for row in client("ssm").describe_parameters()["Parameters"]]
    logs = [row["logGroupName"] for row in client("logs").describe_log_groups()["logGroups"]]
    roles = [row["RoleName"] for row in client("iam").list_roles()["Roles"]]
    apis = [row["name"] for row in client("apigateway").get_rest_apis()["items"]]
    subscriptions = [row["Protocol"] for row in client("sns").list_subscriptions()["Subscriptions"]]
    mappings = [row["UUID"] for row in client("lambda").list_event_source_mappings()["EventSourceMappings"]]
    names = [*functions, *rules, *buckets, *keys, *logs, *roles, *apis]
    return [*(name for name in names if "satukanal" in name), *subscriptions, *mappings]


class ProcessKilled(BaseException):
    """Stands for a kill, so `except Exception` must not catch it."""


@contextmanager
def before_each_deletion(hook: Callable[[str, Callable[[], Any]], None]) -> Iterator[None]:
    """Call `hook` before each deletion is sent, with a text that identifies it and a function that executes it."""

    def handle(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name.startswith(("Delete", "Remove", "Unsubscribe")):
            delete = getattr(client(model.service_model.service_name), xform_name(model.name))
            hook(f"{model.name} {json.dumps(params, sort_keys=True)}", lambda: delete(**params))

    botocore_session().register(BEFORE_CALL_EVENT, handle)
    try:
        yield
    finally:
        botocore_session().unregister(BEFORE_CALL_EVENT, handle)


def test_a_stage_can_be_destroyed_twice(project: Path) -> None:
    lines: list[str] = []
    before = existing_resources()

    destroy.destroy("dev", project=project, report=lines.append)
    destroy.destroy("dev", project=project, report=lines.append)

    assert len(before) == 10
    assert existing_resources() == []
    assert [line for line in lines if "failed" in line] == []
    assert (lines.count("logs: 1 groups deleted"), lines.count("logs: 0 groups deleted")) == (1, 1)


def test_a_stage_is_destroyed_although_every_response_is_lost_and_every_call_repeated(project: Path) -> None:
    lines: list[str] = []
    repeated: list[str] = []

    def repeat(deletion: str, delete: Callable[[], Any]) -> None:
        repeated.append(deletion.split()[0])
        delete()

    with before_each_deletion(repeat):
        destroy.destroy("dev", project=project, report=lines.append)

    assert existing_resources() == []
    assert {*repeated} >= {"DeleteFunction", "DeleteRole", "DeleteRestApi", "DeleteLogGroup", "DeleteParameter"}
    removed = [int(line.split()[0]) for line in lines if "removed from its record" in line]
    assert sum(removed) == 7  # all resources of the record; Chalice fails only at some kinds of missing resources
    assert len([line for line in lines if line.startswith("chalice delete failed: ")]) == len(removed) >= 3


def test_a_run_killed_after_any_of_its_deletions_is_completed_by_the_next(project: Path) -> None:
    executed: list[str] = []

    def kill_after(deletion: str, delete: Callable[[], Any]) -> None:
        if deletion not in executed:
            delete()
            executed.append(deletion)
            raise ProcessKilled

    while existing_resources():
        with pytest.raises(ProcessKilled), before_each_deletion(kill_after):
            destroy.destroy("dev", project=project)

    assert len(executed) >= 10


def test_a_forbidden_deletion_is_reported_at_once_and_not_retried(project: Path) -> None:
    lines: list[str] = []
    attempts: list[str] = []
    before = existing_resources()

    def forbid(deletion: str, delete: Callable[[], Any]) -> None:
        attempts.append(deletion.split()[0])
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, attempts[-1])

    with before_each_deletion(forbid), pytest.raises(SystemExit, match="not you"):
        destroy.destroy("dev", project=project, report=lines.append)

    assert attempts == ["DeleteRestApi"]
    assert existing_resources() == before
    assert lines == []


def test_missing_resources_are_removed_from_the_record_and_existing_ones_stay(project: Path) -> None:
    client("iam").delete_role(RoleName="satukanal-dev-api")
    client("lambda").delete_function(FunctionName="satukanal-dev-route")
    file = project / ".chalice" / "deployed" / "dev.json"
    before = json.loads(file.read_text())

    first, second = prune_chalice_state.prune(project, "dev"), prune_chalice_state.prune(project, "dev")

    after = json.loads(file.read_text())
    assert (first, second) == (["role", "route"], [])
    assert after == before | {"resources": before["resources"][2:]}
    assert [path.name for path in file.parent.iterdir()] == ["dev.json"]


def test_pruning_a_stage_that_was_never_deployed_is_a_no_op(project: Path) -> None:
    assert prune_chalice_state.prune(project, "another") == []
