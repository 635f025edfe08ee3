"""openapi.json describes exactly the registered endpoints, and every example in it works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from chalicelib.kit.web import Routes
from infra import openapi
from tests.client import call, gateway
from tests.exchange.test_import_and_export import zip_folder
from tests.shop import token
from tests.verification.endpoints.access_table import ROWS
from tests.verification.endpoints.openapi_client import OpenApiClient
from tests.verification.endpoints.principals import AccessRow, least_privileged, send_as
from tests.verification.endpoints.sample_shop import RATNA, SampleShop

WITH_EXAMPLES = [row for row in ROWS if not row.note]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(openapi.render())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def examples(operation: dict[str, Any]) -> dict[str, Any]:
    """Return the examples of the operation's body by media type."""
    content = operation.get("requestBody", {}).get("content", {})
    return {media_type: media["example"] for media_type, media in content.items() if "example" in media}


def list_references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["$ref"]] if "$ref" in value else []
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from list_references(member)


def test_the_document_lists_exactly_the_registered_endpoints(document: dict[str, Any]) -> None:
    chalice = {f"{method} {path}" for path, methods in gateway().app.routes.items() for method in methods}

    assert {name for name, _ in operations(document)} == chalice


def test_the_document_is_openapi(document: dict[str, Any]) -> None:
    validate(document)


def test_every_reference_of_the_document_resolves(document: dict[str, Any]) -> None:
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    assert set(list_references(document)) - schemas == set()


def test_each_operation_has_a_unique_id_and_a_summary(document: dict[str, Any]) -> None:
    listed = [operation for _, operation in operations(document)]

    assert len({operation["operationId"] for operation in listed}) == len(listed)
    assert [operation["operationId"] for operation in listed if not operation["summary"].endswith(".")] == []


def test_every_json_response_has_a_schema(document: dict[str, Any]) -> None:
    """A new endpoint adds its schema to chalicelib/content/responses.json, or names a model as `response`."""
    bodies = {
        f"{name} {status}": response.get("content", {}).get("application/json", {"schema": "none"})["schema"]
        for name, operation in operations(document)
        for status, response in operation["responses"].items()
    }

    assert [name for name, schema in bodies.items() if not schema] == []


def test_no_two_schemas_have_one_title(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    assert {name for name, schema in schemas.items() if schema.get("title", name) != name} == set()


def test_the_committed_document_is_up_to_date() -> None:
    assert openapi.FILE.read_text() == openapi.render(), "openapi.json is out of date: run `make openapi` and commit it"


def test_the_served_document_is_the_committed_one(document: dict[str, Any]) -> None:
    assert call("GET", "/api/openapi.json").json == document


def test_every_endpoint_with_a_body_has_an_example(document: dict[str, Any]) -> None:
    gateway()
    shown = {name for name, operation in operations(document) if examples(operation)}

    assert {endpoint.name for endpoint in Routes.registered if endpoint.body or endpoint.request_content} == shown


def test_every_example_has_a_row(document: dict[str, Any]) -> None:
    shown = {name for name, operation in operations(document) if examples(operation)}

    assert {row.endpoint for row in WITH_EXAMPLES} >= shown


@pytest.mark.parametrize("row", WITH_EXAMPLES, ids=lambda row: row.name)
def test_every_example_succeeds_unchanged(sample: SampleShop, document: dict[str, Any], row: AccessRow) -> None:
    if row.prepare:
        row.prepare(sample)
    operation = dict(operations(document))[row.endpoint]
    media_type, shown = next(iter(examples(operation).items()), ("application/json", row.body))

    answer = send_as(sample, replace(row, body=shown), least_privileged(row), {"Content-Type": media_type})

    response = operation["responses"][str(answer.status)]
    assert answer.status < 400
    content_type = answer.headers["Content-Type"].partition(";")[0]
    assert content_type in response.get("content", content_type)
    if content_type == "application/json" and "content" in response:
        schema = response["content"][content_type]["schema"] | {"components": document["components"]}
        Draft202012Validator(schema).validate(answer.json)


def test_the_example_of_a_file_is_valid_for_the_file_in_the_example_query(
    sample: SampleShop, document: dict[str, Any]
) -> None:
    operation = dict(operations(document))["POST /imports"]
    parameter = next(parameter for parameter in operation["parameters"] if parameter["name"] == "file")
    file, body = parameter["schema"]["examples"][0], examples(operation)["text/csv"]

    report = call("POST", "/api/imports", body, query={"file": file}, token=token(RATNA)).json

    assert (report["errors"], report["changed"]) == ([], {file: 1})


def test_a_client_generated_from_the_document_imports_a_file(sample: SampleShop, document: dict[str, Any]) -> None:
    owner = OpenApiClient(document, token(RATNA))

    zipped = owner.request("import_folder", zip_folder({"products": "sku,name,price\nTEH-010,Teh Melati,8000\n"}))
    single = owner.request("import_folder", file="products")

    assert zipped["changed"] == single["changed"] == {"products": 1}
    assert owner.request("show_product", sku="TEH-010")["price"] == {"amount": 8_000, "currency": "IDR"}


def test_a_client_generated_from_the_document_places_an_order(sample: SampleShop, document: dict[str, Any]) -> None:
    client = OpenApiClient(document)
    product = client.request("list_products")["items"][0]

    order = client.request("place_order", lines=[{"sku": product["sku"], "quantity": 2}])
    loaded = client.request("show_order", order_id=order["id"], token=order["token"])

    assert loaded["lines"][0]["sku"] == product["sku"]
    assert loaded["total"] == {"amount": 2 * product["price"]["amount"], "currency": "IDR"}
