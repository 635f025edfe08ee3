"""Settings of a stage: given once, kept by later deployments, never replacing computed ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer import BadParameter, Typer
from typer.testing import CliRunner

from infra import deploy

OUTPUTS = {"TopicOrders": "arn:orders", "DeadLettersArn": "arn:dead"}


@pytest.fixture
def deploys(aws: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Deploys into a folder without AWS, and returns the environments of all stages in it."""
    monkeypatch.setattr(deploy, "provision", lambda prefix: OUTPUTS)
    monkeypatch.setattr(deploy.optimize_packages, "optimize_packages", lambda project, name: None)
    monkeypatch.setattr(deploy, "run_chalice", fake_run_chalice)
    monkeypatch.setattr(deploy, "set_filter_policies", lambda subscriptions: None)

    def deploys(name: str, *given: str) -> dict[str, dict[str, str]]:
        settings = dict(map(deploy.parse_setting, given))
        deploy.deploy(name, "https://shop.example", settings=settings, project=tmp_path, report=lambda line: None)
        stages = json.loads((tmp_path / ".chalice" / "config.json").read_text())["stages"]
        return {stage: config["environment_variables"] for stage, config in stages.items()}

    return deploys


def fake_run_chalice(project: Path, name: str) -> None:
    folder = project / ".chalice" / "deployed"
    folder.mkdir(exist_ok=True)
    api = {"resource_type": "rest_api", "rest_api_id": "api"}
    (folder / f"{name}.json").write_text(json.dumps({"resources": [api]}))


def test_a_setting_reaches_the_stage_and_later_deployments_keep_it(deploys: Any) -> None:
    deploys("prod", "CURRENCY=USD", "SATUKANAL_ZONE=America/New_York")

    environment = deploys("prod", "SMS_PER_DAY=10")["prod"]

    assert environment == {
        "SATUKANAL_CURRENCY": "USD",
        "SATUKANAL_ZONE": "America/New_York",
        "SATUKANAL_SMS_PER_DAY": "10",
        "SATUKANAL_TOPIC_ORDERS": "arn:orders",
        "SATUKANAL_PREFIX": "satukanal-prod",
        "SATUKANAL_BASE_URL": "https://shop.example",
        "SATUKANAL_SECRETS_PARAMETER": "/satukanal-prod/signing-keys",
    }


def test_the_settings_of_other_stages_stay_and_are_not_inherited(deploys: Any) -> None:
    deploys("prod", "CURRENCY=USD")

    stages = deploys("dev")

    assert stages["prod"]["SATUKANAL_CURRENCY"] == "USD"
    assert "SATUKANAL_CURRENCY" not in stages["dev"]


def test_an_empty_value_removes_a_setting(deploys: Any) -> None:
    deploys("prod", "CURRENCY=USD")

    assert "SATUKANAL_CURRENCY" not in deploys("prod", "CURRENCY=")["prod"]


def test_a_computed_setting_cannot_be_replaced(deploys: Any) -> None:
    assert deploys("prod", "PREFIX=other")["prod"]["SATUKANAL_PREFIX"] == "satukanal-prod"


@pytest.mark.parametrize("text", ["CURRENCY", "=USD", "currency=USD", ""])
def test_a_setting_is_a_name_and_a_value(text: str) -> None:
    with pytest.raises(BadParameter, match="is not NAME=value"):
        deploy.parse_setting(text)


def test_the_command_takes_the_stage_and_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(deploy, "deploy", lambda *stage, settings: calls.append((*stage, settings)) or exit())
    command = Typer()
    command.command()(deploy.main)

    CliRunner().invoke(command, ["--base-url", "https://shop.example", "--set", "A=1", "--set", "B=2", "prod"])

    assert calls == [("prod", "https://shop.example", {"SATUKANAL_A": "1", "SATUKANAL_B": "2"})]
