"""`make rehearse`: deploys to the local engine with the real scripts and carries one order over HTTP to the inboxes."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra import deploy, destroy
from infra.local import engine
from infra.local.api_client import thread_client
from infra.local.engine import Engine
from infra.rehearsal import proxy

STAGE = "rehearsal"
BASE_URL = "https://rehearsal.example"
COPIED_PATHS = ("app.py", "chalicelib", "requirements.txt")
NEAR_BUDI = {"lat": -7.276, "lon": 112.736}
TIMEOUT_SECONDS = 120


def main() -> None:
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:5.1f} s  {text}", flush=True)

    # A burst of events starts dozens of workers for a function. Those that stay idle are ended early: deleting a
    # function ends all that are left at once, which can take longer than its caller waits.
    started = Engine(LAMBDA_WARM_TTL_SECONDS="10")
    with tempfile.TemporaryDirectory() as scratch, started, proxy.run_proxy(started.address) as address:
        for name, value in engine.build_environment(started, base_url="").items():
            if name.startswith("AWS_"):
                os.environ[name] = value
        os.environ["AWS_ENDPOINT_URL"] = address
        rehearse(copy_project(Path(scratch)), address, say)
    say("rehearsal done; nothing is left behind")


def copy_project(scratch: Path) -> Path:
    """The deploy writes into the project's .chalice; a rehearsal writes into a copy's."""
    for name in COPIED_PATHS:
        source = deploy.ROOT / name
        if source.is_dir():
            shutil.copytree(source, scratch / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, scratch / name)
    (scratch / ".chalice").mkdir()
    return scratch


def rehearse(project: Path, address: str, say: deploy.Reporter) -> None:
    architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    shown = seed_demo_shop()
    tokens = {each["id"]: each["token"] for each in shown["people"]}
    say("demo shop filled, before anybody listens")
    api = deploy.deploy(STAGE, BASE_URL, project=project, architecture=architecture, report=say)
    shop = DeployedShop(f"{address}/restapis/{api}/api/_user_request_")
    health = shop.request_json("GET", "/health")
    order = shop.request_json("POST", "/orders", an_order(shown["near"]), key="rehearsal-0123456789")
    say(f"health {health['status']}, order {order['number']} placed through the deployed API")
    wait_for_notices(shop, order, tokens, say)
    wait_until(lambda: bool(claim_links()), "no SMS with a claim link went out")
    say("an SMS with its claim link went out")
    check_claim_page(shop, claim_links()[0])
    say("the claim page opens: its template and texts are in the package")
    delete_one_function(say)
    destroy.destroy(STAGE, project=project, report=say)
    if left := list_leftovers(f"satukanal-{STAGE}"):
        raise SystemExit(f"still there after the stage was taken down: {', '.join(left)}")
    say("nothing of the stage is left")


def delete_one_function(say: deploy.Reporter) -> None:
    """As an earlier take-down leaves a stage when it ends halfway."""
    import boto3

    boto3.client("lambda").delete_function(FunctionName=f"satukanal-{STAGE}")
    say("the function of the doors is gone already, as if an earlier take-down had been broken off")


def list_leftovers(prefix: str) -> list[str]:
    """By what everything of a stage is named after."""
    import boto3

    def made(service: str) -> Any:
        return boto3.client(service)

    names = {
        "function": [each["FunctionName"] for each in made("lambda").list_functions()["Functions"]],
        "layer": [each["LayerName"] for each in made("lambda").list_layers()["Layers"]],
        "API": [each["name"] for each in made("apigateway").get_rest_apis()["items"]],
        "role": [each["RoleName"] for each in made("iam").list_roles()["Roles"]],
        "topic": [each["TopicArn"].rpartition(":")[2] for each in made("sns").list_topics()["Topics"]],
        "subscription": [
            each["TopicArn"].rpartition(":")[2] for each in made("sns").list_subscriptions()["Subscriptions"]
        ],
        "rule": [each["Name"] for each in made("events").list_rules()["Rules"]],
        "queue": [each.rpartition("/")[2] for each in made("sqs").list_queues().get("QueueUrls", [])],
        "bucket": [each["Name"] for each in made("s3").list_buckets()["Buckets"]],
        "parameter": [each["Name"].strip("/") for each in made("ssm").describe_parameters()["Parameters"]],
        "log group": [
            each["logGroupName"].rpartition("/")[2] for each in made("logs").describe_log_groups()["logGroups"]
        ],
        "table": made("dynamodb").list_tables()["TableNames"],
    }
    return sorted({f"{kind} {name}" for kind, found in names.items() for name in found if name.startswith(prefix)})


def seed_demo_shop() -> Any:
    """By a process of its own, that is told of its stage before it reads which tables there are."""
    prefix = f"satukanal-{STAGE}"
    told = os.environ | deploy.build_environment(prefix, deploy.provision(prefix), BASE_URL)
    command = [sys.executable, "-m", "infra.demo.seed"]
    made = subprocess.run(command, cwd=deploy.ROOT, env=told, capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(f"the demo shop could not be filled:\n{made.stderr}")
    return json.loads(made.stdout)


def wait_for_notices(shop: DeployedShop, order: dict[str, Any], tokens: dict[str, str], say: deploy.Reporter) -> None:
    for person in ("salesman-budi", "warehouse-yanto"):
        wait_until(
            lambda person=person: order["id"] in notified_order_ids(shop, tokens[person]), f"{person} was not told"
        )  # type: ignore[misc]
        say(f"{person} was told, over stream, topic and inbox")


def notified_order_ids(shop: DeployedShop, token: str) -> set[str]:
    return {each.get("order", "") for each in shop.request_json("GET", "/inbox", token=token)["items"]}


def claim_links() -> list[str]:
    from infra.local import phones

    texts = [text for sent in phones.load_messages().values() for text in sent]
    return [link for text in texts for link in phones.LINK.findall(text) if "/o/" in link]


def check_claim_page(shop: DeployedShop, link: str) -> None:
    page = shop.get_page(link[link.index("/o/") :])
    if "<form" not in page or "--ground:" not in page:
        raise SystemExit(f"the claim page of the deployed function is not whole:\n{page[:500]}")


def wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    rest, end = threading.Event(), time.monotonic() + TIMEOUT_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"{otherwise} within {TIMEOUT_SECONDS} s")
        rest.wait(0.5)


class DeployedShop:
    def __init__(self, url: str) -> None:
        self.url = url

    def request_json(self, method: str, path: str, body: Any = None, token: str = "", key: str = "") -> Any:
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        raw = json.dumps(body).encode() if body is not None else None
        return json.loads(self.send(method, path, headers, raw))

    def get_page(self, path: str) -> str:
        return self.send("GET", path)

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, raw: bytes | None = None) -> str:
        response = thread_client().request(method, self.url + path, headers=headers, content=raw, timeout=60)
        if response.is_error:
            raise SystemExit(f"{method} {response.url} answered {response.status_code}: {response.text[:500]}")
        return response.text


def an_order(skus: list[str]) -> dict[str, Any]:
    address = {"street": "Jl. Kenanga 5", "postcode": "60241", "country": "ID", "position": NEAR_BUDI}
    return {
        "channel": "web",
        "customer": {"name": "Sari Wulandari", "phone": "081252981234"},
        "lines": [{"sku": sku, "quantity": 2} for sku in skus],
        "delivery": {"method": "ship", "address": address},
        "payments": [{"method": "cod"}],
    }


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what it started ends with it
    main()
