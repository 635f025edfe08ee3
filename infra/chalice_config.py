"""What `.chalice/config.json` says of each function, and the policy each runs under; `python -m infra.chalice_config` writes
them. Chalice's own policy generator reads app.py only and would come out empty.

Three policies: the doors, the readers of the journal's stream, and everyone who listens to topics or the clock. None
may change or delete a journal entry.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / ".chalice"
READ_ACTIONS = ("GetItem", "BatchGetItem", "Query", "ConditionCheckItem")
WRITE_ACTIONS = ("PutItem", "UpdateItem", "DeleteItem")


def build_config(stage: str, environment: dict[str, str], architecture: str, others: dict[str, Any]) -> dict[str, Any]:
    stages = others | {stage: {"environment_variables": environment, "lambda_functions": list_function_settings()}}
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
        "stages": stages,
    }


def list_function_settings() -> dict[str, Any]:
    from app import app

    made = {"api_handler": _policy_setting("api")}
    for source in sorted(app.event_sources, key=lambda source: str(source.name)):
        made[source.name] = _policy_setting("stream" if type(source).__name__ == "DynamoDBEventConfig" else "listener")
    return made


def load_handler_paths() -> dict[str, str]:
    """By a function's name, where its code is."""
    from app import app

    return {str(source.name): str(source.handler_string) for source in app.event_sources}


def build_filter_policy(handler: str) -> dict[str, list[str]]:
    """A filter for the handler's topic: a module that says which kinds lists its SUBSCRIBED_KINDS is not called for others."""
    kinds = getattr(import_module(handler.rpartition(".")[0]), "SUBSCRIBED_KINDS", None)
    return {"kind": sorted(kinds)} if kinds else {}


def _policy_setting(policy: str) -> dict[str, str]:
    return {"iam_policy_file": f"policy-{policy}.json"}


def build_policies(prefix: str = "satukanal") -> dict[str, Any]:
    stream = [
        _allow("dynamodb", ("GetRecords", "GetShardIterator", "DescribeStream"), f"table/{prefix}-journal/stream/*")
    ]
    stream.append(_allow("dynamodb", ("ListStreams",), "*", entire_service=True))
    messages = [
        _allow("sns", ("Publish",), f"{prefix}-*"),
        # An SMS has no ARN: only publishing to a topic can be named, so topics of others are shut out again.
        {"Effect": "Allow", "Action": ["sns:Publish"], "NotResource": ["arn:aws:sns:*:*:*"]},
        _allow("ses", ("SendEmail", "SendRawEmail"), "identity/*"),
    ]
    letters = [_allow("sqs", ("SendMessage",), f"{prefix}-dead-letters")]
    whole = _allow("dynamodb", ("Scan",), f"table/{prefix}-customers")  # for the owner's export of them, and no other
    each = {
        "api": [*_table_statements(prefix), whole, *_file_statements(prefix)],
        "stream": [*_table_statements(prefix), *stream, *messages[:1], *letters],
    }
    each["listener"] = [*_table_statements(prefix), *_file_statements(prefix), *messages, *letters]
    common = [_log_statement(), _signing_key_statement(prefix)]
    return {name: {"Version": "2012-10-17", "Statement": [*common, *said]} for name, said in each.items()}


def _table_statements(prefix: str) -> list[dict[str, Any]]:
    journal = f"arn:aws:dynamodb:*:*:table/{prefix}-journal"
    rooms = _allow("dynamodb", (*READ_ACTIONS, *WRITE_ACTIONS), f"table/{prefix}-*")
    forbidden = {"Effect": "Deny", "Action": ["dynamodb:UpdateItem", "dynamodb:DeleteItem"], "Resource": [journal]}
    return [rooms, forbidden]


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


def _allow(service: str, actions: tuple[str, ...], resource: str, entire_service: bool = False) -> dict[str, Any]:
    named = resource if entire_service else f"arn:aws:{service}:*:*:{resource}"
    return {"Effect": "Allow", "Action": [f"{service}:{action}" for action in actions], "Resource": [named]}


def render_files(
    stage: str,
    environment: dict[str, str],
    architecture: str = "arm64",
    prefix: str = "satukanal",
    others: dict[str, Any] | None = None,
) -> dict[str, str]:
    """File name → text, for a `.chalice` folder. `others` are stages that stay as they are."""
    files = {"config.json": build_config(stage, environment, architecture, others or {})}
    files |= {f"policy-{name}.json": policy for name, policy in build_policies(prefix).items()}
    return {name: json.dumps(said, indent=2) + "\n" for name, said in files.items()}


def write_files(folder: Path, texts: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    write_files(FOLDER, render_files("dev", {}))
