"""A stage is taken down however often it is begun: by the real `chalice delete`, against AWS in this process."""

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

import app  # noqa: F401 - or chalice would load the test's own app.py under this name, for all later tests
from chalicelib.kit import config
from infra import destroy, prune_chalice_state
from tests.moto_aws import client

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
BEFORE_CALL_EVENT = "provide-client-params"
BUCKET = {"Resources": {"Files": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "satukanal-dev-files-1"}}}}


@pytest.fixture
def project(aws: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stage as the deploy leaves it behind: two functions, what calls them, logs, a stack and keys."""
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
    """The session of everything that is destroyed; the test itself looks and deletes by another one."""
    return botocore.session.get_session()


@cache
def destroy_session() -> boto3.Session:
    return boto3.Session(botocore_session=botocore_session(), region_name=config.region())


def deployed_resources() -> list[dict[str, str]]:
    role = client("iam").create_role(RoleName="satukanal-dev-api", AssumeRolePolicyDocument=json.dumps(TRUST))
    doors, listener = [create_function(f"satukanal-dev{name}", role["Role"]["Arn"]) for name in ("", "-route")]
    topic = client("sns").create_topic(Name="satukanal-dev-orders")["TopicArn"]
    heard = client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=listener, ReturnSubscriptionArn=True)
    stream = client("dynamodb").describe_table(TableName="test-journal")["Table"]["LatestStreamArn"]
    read = client("lambda").create_event_source_mapping(
        EventSourceArn=stream, FunctionName=listener, StartingPosition="LATEST"
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
        {"name": "route", "resource_type": "lambda_function", "lambda_arn": listener},
        {
            "name": "route-sns-subscription",
            "resource_type": "sns_event",
            "topic": "satukanal-dev-orders",
            "topic_arn": topic,
            "lambda_arn": listener,
            "subscription_arn": heard["SubscriptionArn"],
        },
        {
            "name": "journal",
            "resource_type": "dynamodb_event",
            "stream_arn": stream,
            "lambda_arn": listener,
            "event_uuid": read["UUID"],
        },
        {"name": "escalate", "resource_type": "cloudwatch_event", "rule_name": "satukanal-dev-escalate"},
        {"name": "api_handler", "resource_type": "lambda_function", "lambda_arn": doors},
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
    """What `chalice delete` does; its own process would look for AWS elsewhere."""
    factory = CLIFactory(str(project), environ={})
    config = factory.create_config_obj(chalice_stage_name=stage)
    with redirect_stdout(io.StringIO()) as said:
        try:
            factory.create_deletion_deployer(botocore_session(), UI()).deploy(config, stage)
        except Exception as error:
            return f"{said.getvalue()}{type(error).__name__}: {error}"
    return ""


def existing_resources() -> list[str]:
    """By what stages name their things after."""
    functions = [each["FunctionName"] for each in client("lambda").list_functions()["Functions"]]
    rules = [each["Name"] for each in client("events").list_rules()["Rules"]]
    buckets = [each["Name"] for each in client("s3").list_buckets()["Buckets"]]
    keys = [each["Name"] for each in client("ssm").describe_parameters()["Parameters"]]
    logs = [each["logGroupName"] for each in client("logs").describe_log_groups()["logGroups"]]
    roles = [each["RoleName"] for each in client("iam").list_roles()["Roles"]]
    apis = [each["name"] for each in client("apigateway").get_rest_apis()["items"]]
    heard = [each["Protocol"] for each in client("sns").list_subscriptions()["Subscriptions"]]
    read = [each["UUID"] for each in client("lambda").list_event_source_mappings()["EventSourceMappings"]]
    found = [*functions, *rules, *buckets, *keys, *logs, *roles, *apis]
    return [*(name for name in found if "satukanal" in name), *heard, *read]


class ProcessKilled(BaseException):
    """No `except Exception` sees it, as nobody sees a kill."""


@contextmanager
def before_each_deletion(do: Callable[[str, Callable[[], Any]], None]) -> Iterator[None]:
    """`do` gets what makes a deletion one of its own, and a function that carries it out, before it is sent."""

    def handle(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name.startswith(("Delete", "Remove", "Unsubscribe")):
            delete = getattr(client(model.service_model.service_name), xform_name(model.name))
            do(f"{model.name} {json.dumps(params, sort_keys=True)}", lambda: delete(**params))

    botocore_session().register(BEFORE_CALL_EVENT, handle)
    try:
        yield
    finally:
        botocore_session().unregister(BEFORE_CALL_EVENT, handle)


def test_a_stage_is_taken_down_and_taken_down_once_more(project: Path) -> None:
    said: list[str] = []
    before = existing_resources()

    destroy.destroy("dev", project=project, report=said.append)
    destroy.destroy("dev", project=project, report=said.append)

    assert len(before) == 10
    assert existing_resources() == []
    assert [line for line in said if "broke off" in line] == []
    assert (said.count("logs: 1 groups are gone"), said.count("logs: 0 groups are gone")) == (1, 1)


def test_each_deletion_is_repeated_because_its_answer_was_lost(project: Path) -> None:
    said: list[str] = []
    repeated: list[str] = []

    def once_more(which: str, delete: Callable[[], Any]) -> None:
        repeated.append(which.split()[0])
        delete()

    with before_each_deletion(once_more):
        destroy.destroy("dev", project=project, report=said.append)

    assert existing_resources() == []
    assert {*repeated} >= {"DeleteFunction", "DeleteRole", "DeleteRestApi", "DeleteLogGroup", "DeleteParameter"}
    struck = [int(line.split()[0]) for line in said if "gone, and struck" in line]
    assert sum(struck) == 7  # all that the record holds: Chalice breaks off at some of them, at others it does not
    assert len([line for line in said if line.startswith("chalice delete broke off: ")]) == len(struck) >= 3


def test_a_run_that_is_killed_after_any_of_its_deletions_is_ended_by_the_next(project: Path) -> None:
    carried_out: list[str] = []

    def kill_after(which: str, delete: Callable[[], Any]) -> None:
        if which not in carried_out:
            delete()
            carried_out.append(which)
            raise ProcessKilled

    while existing_resources():
        with pytest.raises(ProcessKilled), before_each_deletion(kill_after):
            destroy.destroy("dev", project=project)

    assert len(carried_out) >= 10


def test_a_deletion_that_is_forbidden_is_told_at_once_and_not_tried_again(project: Path) -> None:
    said: list[str] = []
    tried: list[str] = []
    before = existing_resources()

    def forbid(which: str, delete: Callable[[], Any]) -> None:
        tried.append(which.split()[0])
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, tried[-1])

    with before_each_deletion(forbid), pytest.raises(SystemExit, match="not you"):
        destroy.destroy("dev", project=project, report=said.append)

    assert tried == ["DeleteRestApi"]
    assert existing_resources() == before
    assert said == []


def test_what_is_gone_is_struck_from_the_record_and_what_stands_stays_in_it(project: Path) -> None:
    client("iam").delete_role(RoleName="satukanal-dev-api")
    client("lambda").delete_function(FunctionName="satukanal-dev-route")
    file = project / ".chalice" / "deployed" / "dev.json"
    before = json.loads(file.read_text())

    first, second = prune_chalice_state.prune(project, "dev"), prune_chalice_state.prune(project, "dev")

    after = json.loads(file.read_text())
    assert (first, second) == (["role", "route"], [])
    assert after == before | {"resources": before["resources"][2:]}
    assert [each.name for each in file.parent.iterdir()] == ["dev.json"]


def test_a_stage_never_deployed_has_no_record_to_strike_from(project: Path) -> None:
    assert prune_chalice_state.prune(project, "another") == []
