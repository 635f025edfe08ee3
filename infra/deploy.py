"""Deploys a stage: the unmodified `chalice deploy`, and the steps that Chalice does not cover.

1. Create or update the stack of infra/resources.json.
2. Copy its outputs into the stage's environment.
3. Optimize the packages and run `chalice deploy`.
4. Set retries, dead letters and filters of the event sources.
5. Build and upload the storefront.

With `AWS_ENDPOINT_URL` set to the local engine the same code is a rehearsal.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import ClientError

from infra import chalice_config, optimize_packages, site, template

ROOT = Path(__file__).parent.parent
STREAM_RETRY_POLICY = {
    "BisectBatchOnFunctionError": True,
    "MaximumRetryAttempts": 5,
    "MaximumRecordAgeInSeconds": 86_400,
}
IMMUTABLE = "public, max-age=31536000, immutable"
Reporter = Callable[[str], None]
Settings = dict[str, str]  # by name, including the prefix SATUKANAL_


def deploy(
    stage: str,
    base_url: str,
    *,
    settings: Settings | None = None,
    project: Path = ROOT,
    architecture: str = "arm64",
    report: Reporter = print,
) -> str:
    """Deploy the functions and return the API's id. `settings` are added to those of earlier deployments."""
    prefix = f"satukanal-{stage}"
    outputs = provision(prefix)
    report(f"stack {prefix}: {len(outputs)} outputs")
    stages = load_stages(project)
    environment = merge_settings(stages.get(stage, {}), settings or {}, build_environment(prefix, outputs, base_url))
    chalice_config.write_files(
        project / ".chalice", chalice_config.render_files(stage, environment, architecture, prefix, stages)
    )
    optimize_packages.optimize_packages(project, stage)
    run_chalice(project, stage)
    functions = [resource["lambda_arn"] for resource in list_deployed(project, stage, "lambda_function")]
    report(f"chalice deploy: {len(functions)} functions and the API")
    configure_event_sources(functions, outputs["DeadLettersArn"])
    report("event sources: partial batches, bisect, 5 retries, dead letters")
    set_filter_policies(list_deployed(project, stage, "sns_event"))
    report("topic subscriptions: filtered by the kinds that each handler processes")
    return str(list_deployed(project, stage, "rest_api")[0]["rest_api_id"])


def provision(prefix: str) -> dict[str, str]:
    """Create or update the stack, and return its outputs."""
    client = boto3.client("cloudformation")
    request = {
        "StackName": prefix,
        "TemplateBody": template.FILE.read_text(),
        "Parameters": [{"ParameterKey": "Prefix", "ParameterValue": prefix}],
    }
    try:
        client.create_stack(**request)
        client.get_waiter("stack_create_complete").wait(StackName=prefix, WaiterConfig={"Delay": 2})
    except client.exceptions.AlreadyExistsException:
        update_stack(client, request)
    outputs = client.describe_stacks(StackName=prefix)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def update_stack(client: Any, request: dict[str, Any]) -> None:
    try:
        client.update_stack(**request)
    except ClientError as error:
        if "No updates" not in str(error):
            raise
        return
    client.get_waiter("stack_update_complete").wait(StackName=request["StackName"], WaiterConfig={"Delay": 2})


def build_environment(prefix: str, outputs: dict[str, str], base_url: str) -> dict[str, str]:
    """The computed settings of a stage. The stack's output `TopicOrders` becomes SATUKANAL_TOPIC_ORDERS.

    The signing keys are passed as the name of their parameter, not by value.
    """
    used = {name: value for name, value in outputs.items() if name.startswith(("Topic", "Journal", "Bucket"))}
    environment = {f"SATUKANAL_{to_screaming_snake_case(name)}": value for name, value in used.items()}
    environment |= {"SATUKANAL_PREFIX": prefix, "SATUKANAL_BASE_URL": base_url}
    return environment | {"SATUKANAL_SECRETS_PARAMETER": ensure_signing_keys(prefix)}


def load_stages(project: Path) -> dict[str, Any]:
    """The stages in .chalice/config.json by name."""
    file = project / ".chalice" / "config.json"
    return dict(json.loads(file.read_text())["stages"]) if file.exists() else {}


def merge_settings(deployed: dict[str, Any], given: Settings, computed: Settings) -> Settings:
    """The stage's environment: earlier, then given, then computed settings. An empty value removes a setting."""
    earlier = deployed.get("environment_variables", {})
    settings = {name: value for name, value in earlier.items() if name.startswith("SATUKANAL_")} | given
    return {name: value for name, value in settings.items() if value} | computed


def parse_setting(text: str) -> tuple[str, str]:
    """`CURRENCY=USD` as ("SATUKANAL_CURRENCY", "USD")."""
    name, equals, value = text.partition("=")
    if not (equals and re.fullmatch("[A-Z_]+", name)):
        raise typer.BadParameter(f"{text!r} is not NAME=value")
    return f"SATUKANAL_{name.removeprefix('SATUKANAL_')}", value


def to_screaming_snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()


def ensure_signing_keys(prefix: str) -> str:
    """Create the stage's signing keys unless they exist, and return the name of their parameter."""
    name = f"/{prefix}/signing-keys"
    client = boto3.client("ssm")
    try:
        client.get_parameter(Name=name)
    except client.exceptions.ParameterNotFound:
        client.put_parameter(Name=name, Type="SecureString", Value=secrets.token_urlsafe(32))
    return name


def list_deployed(project: Path, stage: str, kind: str) -> list[dict[str, Any]]:
    """The resources of a kind in Chalice's record of the stage."""
    record = json.loads((project / ".chalice" / "deployed" / f"{stage}.json").read_text())
    return [resource for resource in record["resources"] if resource["resource_type"] == kind]


def run_chalice(project: Path, stage: str) -> None:
    command = [str(Path(sys.executable).with_name("chalice")), "deploy", "--stage", stage]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"chalice deploy failed:\n{result.stdout}{result.stderr}")


def configure_event_sources(functions: list[str], dead_letters: str) -> None:
    """Set retries and dead letters, which Chalice cannot configure and does not reset when it deploys again."""
    client = boto3.client("lambda")
    on_failure = {"OnFailure": {"Destination": dead_letters}}
    for function in functions:
        mappings = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        for mapping in mappings:
            settings = STREAM_RETRY_POLICY | {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
            client.update_event_source_mapping(UUID=mapping["UUID"], DestinationConfig=on_failure, **settings)
        if not mappings:
            client.put_function_event_invoke_config(
                FunctionName=function, MaximumRetryAttempts=2, DestinationConfig=on_failure
            )


def set_filter_policies(subscriptions: list[dict[str, Any]]) -> None:
    """Filter each subscription by kind, so that no call is paid for an event that the handler ignores.

    Chalice names a subscription after its handler.
    """
    client, handlers = boto3.client("sns"), chalice_config.list_handler_paths()
    for subscription in subscriptions:
        handler = handlers[subscription["name"].removesuffix("-sns-subscription")]
        client.set_subscription_attributes(
            SubscriptionArn=subscription["subscription_arn"],
            AttributeName="FilterPolicy",
            AttributeValue=json.dumps(chalice_config.build_filter_policy(handler)),
        )


def upload_site(folder: Path, bucket: str) -> int:
    """Upload the site and return the number of files.

    Assets have a hash in their path and are cached for ever; pages are revalidated each time.
    """
    client = boto3.client("s3")
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    for file in files:
        path = file.relative_to(folder).as_posix()
        cache = IMMUTABLE if path.startswith("assets/") else "no-cache"
        headers = {"ContentType": site.content_headers(file)["Content-Type"], "CacheControl": cache}
        client.put_object(Bucket=bucket, Key=site.path_to_bucket_key(path), Body=file.read_bytes(), **headers)
    return len(files)


def create_owner(phone: str, email: str, environment: Settings) -> None:
    """Create the first owner. In a new process, because table names are read from the environment at import."""
    command = [sys.executable, "-m", "infra.owner", "--owner-phone", phone, "--owner-email", email]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True)


def main(
    base_url: Annotated[str, typer.Option(help="public URL of the shop, https://…")],
    stage: Annotated[str, typer.Argument(help="name of the stage")] = "dev",
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=value", help="a setting; repeatable")
    ] = None,
    owner_phone: Annotated[str, typer.Option(help="phone of the owner, for a shop that has none yet")] = "",
    owner_email: Annotated[str, typer.Option(help="e-mail of the owner, for a shop that has none yet")] = "",
) -> None:
    os.environ.setdefault("AWS_DEFAULT_REGION", "ap-southeast-3")
    api = deploy(stage, base_url, settings=dict(map(parse_setting, given or ())))
    site_folder = ROOT / "build" / "site"
    command = [sys.executable, "-m", "storefront.build", "--out", str(site_folder)]
    environment = load_stages(ROOT)[stage]["environment_variables"]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True)
    print(f"storefront: {upload_site(site_folder, provision(f'satukanal-{stage}')['SiteBucket'])} files uploaded")
    if owner_phone or owner_email:
        create_owner(owner_phone, owner_email, environment)
    print(f"API {api} of stage {stage}")


if __name__ == "__main__":
    typer.run(main)
