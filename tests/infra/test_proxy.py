"""The rehearsal's proxy imports an API document of Chalice into the local engine."""

import json

import boto3
import pytest

from infra.rehearsal import proxy

pytestmark = pytest.mark.ministack


def build_document(*paths: str) -> dict:
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": "arn:aws:apigateway:x:lambda:path/y/invocations"}
    operation = {"responses": {"200": {}}, "x-amazon-apigateway-integration": integration}
    return {"swagger": "2.0", "info": {"title": "satukanal"}, "paths": {path: {"get": operation} for path in paths}}


def test_an_api_is_imported_and_then_replaced(engine):
    engine.reset()
    with proxy.run_proxy(engine.address) as address:
        client = boto3.client("apigateway", endpoint_url=address)

        api = client.import_rest_api(body=json.dumps(build_document("/orders/{id}", "/health")))["id"]
        first = list_paths(client, api)
        client.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(build_document("/stock")))

        assert first == ["/", "/health", "/orders", "/orders/{id}"]
        assert list_paths(client, api) == ["/", "/stock"]


def list_paths(client, api: str) -> list[str]:
    return sorted(resource["path"] for resource in client.get_resources(restApiId=api, limit=500)["items"])
