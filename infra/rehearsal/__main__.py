"""`make rehearse`: deploys to the local engine with the real scripts and follows one order over HTTP to the inboxes."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
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
# The engine unpacks the whole package for every worker it starts, and the demo shop's events start dozens at once. On a
# slow machine the API's own worker waits for minutes. The rehearsal checks what happens, not how fast.
TIMEOUT_SECONDS = 300


def main() -> None:
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"{time.monotonic() - began:5.1f} s  {text}", flush=True)

    # A burst of events starts dozens of workers for a function. Idle workers are stopped early here, because deleting a
    # function stops all its workers at once, which can exceed the client's timeout.
    local_engine = Engine(LAMBDA_WARM_TTL_SECONDS="10")
    with tempfile.TemporaryDirectory() as scratch, local_engine, proxy.run_proxy(local_engine.address) as address:
        for name, value in engine.build_environment(local_engine, base_url="").items():
            if name.startswith("AWS_"):
                os.environ[name] = value
        os.environ["AWS_ENDPOINT_URL"] = address
        rehearse(copy_project(Path(scratch)), address, report)
    report("rehearsal passed")


def copy_project(scratch: Path) -> Path:
    """Copy the project, because the deployment writes to its .chalice folder."""
    for name in COPIED_PATHS:
        source = deploy.ROOT / name
        if source.is_dir():
            shutil.copytree(source, scratch / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, scratch / name)
    (scratch / ".chalice").mkdir()
    return scratch


def rehearse(project: Path, address: str, report: deploy.Reporter) -> None:
    architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    demo = seed_demo_shop()
    tokens = {person["id"]: person["token"] for person in demo["people"]}
    report("demo shop filled before the event handlers are deployed")
    api = deploy.deploy(STAGE, BASE_URL, project=project, architecture=architecture, report=report)
    shop = DeployedShop(f"{address}/restapis/{api}/api/_user_request_")
    health = shop.request_json("GET", "/health")
    order = shop.request_json("POST", "/orders", build_order(demo["van_skus"]), key="rehearsal-0123456789")
    report(f"health {health['status']}, order {order['number']} placed through the deployed API")
    wait_for_notices(shop, order, tokens, report)
    wait_until(lambda: bool(claim_links()), "no SMS with a claim link was sent")
    report("an SMS with a claim link was sent")
    check_claim_page(shop, claim_links()[0])
    report("the claim page opens: its template and texts are in the package")
    check_sign_in(shop, tokens["owner-ratna"], report)
    delete_one_function(report)
    destroy.destroy(STAGE, project=project, report=report)
    if leftovers := list_leftovers(f"satukanal-{STAGE}"):
        raise SystemExit(f"still present after the stage was deleted: {', '.join(leftovers)}")
    report("no resource of the stage is left")


def delete_one_function(report: deploy.Reporter) -> None:
    """Delete the API's function first, as an interrupted deletion of the stage would leave it."""
    import boto3

    boto3.client("lambda").delete_function(FunctionName=f"satukanal-{STAGE}")
    report("the API's function deleted in advance, as by an interrupted deletion")


def list_leftovers(prefix: str) -> list[str]:
    """All resources whose name begins with the prefix, as `kind name`."""
    import boto3

    client = boto3.client
    topics, subscriptions = client("sns").list_topics()["Topics"], client("sns").list_subscriptions()["Subscriptions"]
    groups = client("logs").describe_log_groups()["logGroups"]
    names = {
        "function": [row["FunctionName"] for row in client("lambda").list_functions()["Functions"]],
        "layer": [row["LayerName"] for row in client("lambda").list_layers()["Layers"]],
        "API": [row["name"] for row in client("apigateway").get_rest_apis()["items"]],
        "role": [row["RoleName"] for row in client("iam").list_roles()["Roles"]],
        "topic": [row["TopicArn"].rpartition(":")[2] for row in topics],
        "subscription": [row["TopicArn"].rpartition(":")[2] for row in subscriptions],
        "rule": [row["Name"] for row in client("events").list_rules()["Rules"]],
        "queue": [url.rpartition("/")[2] for url in client("sqs").list_queues().get("QueueUrls", [])],
        "bucket": [row["Name"] for row in client("s3").list_buckets()["Buckets"]],
        "parameter": [row["Name"].strip("/") for row in client("ssm").describe_parameters()["Parameters"]],
        "log group": [row["logGroupName"].rpartition("/")[2] for row in groups],
        "table": client("dynamodb").list_tables()["TableNames"],
    }
    return sorted({f"{kind} {name}" for kind, listed in names.items() for name in listed if name.startswith(prefix)})


def seed_demo_shop() -> Any:
    """Fill the demo shop, and return its staff with tokens (`people`) and SKUs of the nearest van (`van_skus`).

    This runs in a new process, because table names are read from the environment at import.
    """
    prefix = f"satukanal-{STAGE}"
    environment = os.environ | deploy.build_environment(prefix, deploy.provision(prefix), BASE_URL)
    command = [sys.executable, "-m", "infra.demo.seed"]
    result = subprocess.run(command, cwd=deploy.ROOT, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"the demo shop could not be filled:\n{result.stderr}")
    return json.loads(result.stdout)


def wait_for_notices(
    shop: DeployedShop, order: dict[str, Any], tokens: dict[str, str], report: deploy.Reporter
) -> None:
    for person in ("salesman-budi", "warehouse-yanto"):
        wait_until(partial(is_notified, shop, order["id"], tokens[person]), f"{person} was not notified")
        report(f"{person} was notified, over stream, topic and inbox")


def is_notified(shop: DeployedShop, order_id: str, token: str) -> bool:
    return order_id in {notice.get("order") for notice in shop.request_json("GET", "/inbox", token=token)["items"]}


def claim_links() -> list[str]:
    from infra.local import phones

    texts = [text for messages in phones.load_messages().values() for text in messages]
    return [link for text in texts for link in phones.LINK.findall(text) if "/o/" in link]


def check_sign_in(shop: DeployedShop, token: str, report: deploy.Reporter) -> None:
    """The owner signs in with the code of an SMS and invites a cashier, who signs in too."""
    staff = shop.request_json("GET", "/staff", token=token)["items"]
    owner = sign_in(shop, next(member["phone"] for member in staff if member["id"] == "owner-ratna"))
    report("the owner signed in with the code of an SMS")
    cashier = {"name": "Kasir Baru", "role": "cashier", "phone": "+6281252009001"}
    shop.request_json("POST", "/staff", cashier, token=owner["token"], key="rehearsal-invitation")
    role = sign_in(shop, cashier["phone"])["staff"]["role"]
    report(f"the {role} whom the owner invited signed in")


def sign_in(shop: DeployedShop, phone: str) -> Any:
    attempt = shop.request_json("POST", "/sign-in", {"phone": phone})["attempt"]
    wait_until(lambda: bool(sign_in_codes(phone)), "no SMS with a sign-in code was sent")
    return shop.request_json("POST", "/sign-in/confirm", {"attempt": attempt, "code": sign_in_codes(phone)[-1]})


def sign_in_codes(phone: str) -> list[str]:
    from infra.local import phones

    texts = phones.load_messages().get(phone, [])
    return [code for text in texts for code in re.findall(r"\b\d{6}\b", text)]


def check_claim_page(shop: DeployedShop, link: str) -> None:
    page = shop.get_page(link[link.index("/o/") :])
    if "<form" not in page or "--ground:" not in page:
        raise SystemExit(f"the claim page of the deployed function is incomplete:\n{page[:500]}")


def wait_until(condition: Callable[[], bool], failure: str) -> None:
    end = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"{failure} within {TIMEOUT_SECONDS} s")
        time.sleep(0.5)


class DeployedShop:
    """The deployed API over HTTP. An error response ends the rehearsal."""

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
        response = thread_client().request(
            method, self.url + path, headers=headers, content=raw, timeout=TIMEOUT_SECONDS
        )
        if response.is_error:
            raise SystemExit(f"{method} {response.url} answered {response.status_code}: {response.text[:500]}")
        return response.text


def build_order(skus: list[str]) -> dict[str, Any]:
    address = {"street": "Jl. Kenanga 5", "postcode": "60241", "country": "ID", "position": NEAR_BUDI}
    return {
        "channel": "web",
        "customer": {"name": "Sari Wulandari", "phone": "081252981234"},
        "lines": [{"sku": sku, "quantity": 2} for sku in skus],
        "delivery": {"method": "ship", "address": address},
        "payments": [{"method": "cod"}],
    }


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an orderly exit also stops the child processes
    main()
