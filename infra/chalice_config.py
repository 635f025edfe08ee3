"""`.chalice/config.json` and the IAM policies of the functions; `python -m infra.chalice_config` writes them.

Chalice's own policy generator reads only app.py and would produce empty policies. There are three policies: of the API,
of the journal's stream handlers, and of the topic and timer handlers. None may change or delete a journal entry.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / ".chalice"
READ_ACTIONS = ("GetItem", "BatchGetItem", "Query", "ConditionCheckItem")
WRITE_ACTIONS = ("PutItem", "UpdateItem", "DeleteItem")


def build_config(
    stage: str, environment: dict[str, str], architecture: str, other_stages: dict[str, Any]
) -> dict[str, Any]:
    settings = {"environment_variables": environment, "lambda_functions": build_function_settings()}
    return {
        "version": "2.0",
        "app_name": "satukanal",
        "automatic_layer": True,
        "autogen_policy": False,
        "api_gateway_stage": "api",
        "api_gateway_endpoint_type": "REGIONAL",
        "lambda_memory_size": 512,
        "lambda_timeout": 29,
        "lambda_architecture": architecture,
        "stages": other_stages | {stage: settings},
    }


def build_function_settings() -> dict[str, Any]:
    """The settings of each function, by name: the file of its policy."""
    from app import app

    settings = {"api_handler": _policy_setting("api")}
    for source in sorted(app.event_sources, key=lambda source: str(source.name)):
        policy = "stream" if type(source).__name__ == "DynamoDBEventConfig" else "handler"
        settings[source.name] = _policy_setting(policy)
    return settings


def list_handler_paths() -> dict[str, str]:
    """Import paths of the event handlers, by function name."""
    from app import app

    return {str(source.name): str(source.handler_string) for source in app.event_sources}


def build_filter_policy(handler: str) -> dict[str, list[str]]:
    """The filter of the handler's topic subscription: the kinds in SUBSCRIBED_KINDS of its module, if it has any."""
    kinds = getattr(import_module(handler.rpartition(".")[0]), "SUBSCRIBED_KINDS", None)
    return {"kind": sorted(kinds)} if kinds else {}


def _policy_setting(policy: str) -> dict[str, str]:
    return {"iam_policy_file": f"policy-{policy}.json"}


def build_policies(prefix: str = "satukanal") -> dict[str, Any]:
    stream = [
        _allow("dynamodb", ("GetRecords", "GetShardIterator", "DescribeStream"), f"table/{prefix}-journal/stream/*"),
        {"Effect": "Allow", "Action": ["dynamodb:ListStreams"], "Resource": ["*"]},
    ]
    messages = [
        _allow("sns", ("Publish",), f"{prefix}-*"),
        # An SMS has no ARN, so the statement allows every target that is not an SNS resource.
        {"Effect": "Allow", "Action": ["sns:Publish"], "NotResource": ["arn:aws:sns:*:*:*"]},
        _allow("ses", ("SendEmail", "SendRawEmail"), "identity/*"),
    ]
    dead_letters = [_allow("sqs", ("SendMessage",), f"{prefix}-dead-letters")]
    export = _allow("dynamodb", ("Scan",), f"table/{prefix}-customers")  # only for the owner's export of customers
    statements = {
        "api": [*_table_statements(prefix), export, *_file_statements(prefix)],
        "stream": [*_table_statements(prefix), *stream, *messages[:1], *dead_letters],
        "handler": [*_table_statements(prefix), *_file_statements(prefix), *messages, *dead_letters],
    }
    common = [_log_statement(), _signing_key_statement(prefix)]
    return {name: {"Version": "2012-10-17", "Statement": [*common, *own]} for name, own in statements.items()}


def _table_statements(prefix: str) -> list[dict[str, Any]]:
    journal = f"arn:aws:dynamodb:*:*:table/{prefix}-journal"
    tables = _allow("dynamodb", (*READ_ACTIONS, *WRITE_ACTIONS), f"table/{prefix}-*")
    forbidden = {"Effect": "Deny", "Action": ["dynamodb:UpdateItem", "dynamodb:DeleteItem"], "Resource": [journal]}
    return [tables, forbidden]


def _file_statements(prefix: str) -> list[dict[str, Any]]:
    return [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": [f"arn:aws:s3:::{prefix}-files-*/*"],
        }
    ]


def _log_statement() -> dict[str, Any]:
    return _allow("logs", ("CreateLogGroup", "CreateLogStream", "PutLogEvents"), "*")


def _signing_key_statement(prefix: str) -> dict[str, Any]:
    return _allow("ssm", ("GetParameter",), f"parameter/{prefix}/*")


def _allow(service: str, actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    """A statement for resources of one service, in any region and account."""
    arn = f"arn:aws:{service}:*:*:{resource}"
    return {"Effect": "Allow", "Action": [f"{service}:{action}" for action in actions], "Resource": [arn]}


def render_files(
    stage: str,
    environment: dict[str, str],
    architecture: str = "arm64",
    prefix: str = "satukanal",
    other_stages: dict[str, Any] | None = None,
) -> dict[str, str]:
    """The text of each file in a `.chalice` folder, by name. `other_stages` stay unchanged in config.json."""
    files = {"config.json": build_config(stage, environment, architecture, other_stages or {})}
    files |= {f"policy-{name}.json": policy for name, policy in build_policies(prefix).items()}
    return {name: json.dumps(content, indent=2) + "\n" for name, content in files.items()}


def write_files(folder: Path, texts: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    write_files(FOLDER, render_files("dev", {}))
