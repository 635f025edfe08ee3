"""A guest at Vendure's shop API: the nine GraphQL calls of an order of three lines, paid on delivery."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

ADD = (
    "mutation($id: ID!, $quantity: Int!) { addItemToOrder(productVariantId: $id, quantity: $quantity) { __typename } }"
)
CUSTOMER = "mutation($input: CreateCustomerInput!) { setCustomerForOrder(input: $input) { __typename } }"
ADDRESS = "mutation($input: CreateAddressInput!) { setOrderShippingAddress(input: $input) { __typename } }"
METHODS = "{ eligibleShippingMethods { id } }"
SHIPPING = "mutation($id: [ID!]!) { setOrderShippingMethod(shippingMethodId: $id) { __typename } }"
TRANSITION = """mutation { transitionOrderToState(state: "ArrangingPayment") { __typename } }"""
PAYMENT = """mutation($input: PaymentInput!) {
  addPaymentToOrder(input: $input) { __typename ... on Order { code state totalWithTax lines { quantity } } }
}"""
VARIANTS = "{ products { items { variants { id sku } } } }"
METHOD = "{ eligiblePaymentMethods { code } }"
PLACED = "PaymentAuthorized"


class Guest:
    """A guest. The session is the token in Vendure's response to the first mutation."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection, self.token = connection, ""

    def query(self, query: str, **variables: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self.connection.request("POST", "/shop-api", json.dumps({"query": query, "variables": variables}), headers)
        response = self.connection.getresponse()
        answer = json.loads(response.read())
        self.token = response.headers.get("vendure-auth-token") or self.token
        if "errors" in answer:
            raise RuntimeError(f"Vendure refused {query}: {answer['errors']}")
        return answer["data"]

    def change(self, query: str, **variables: Any) -> Any:
        """Run a mutation and return its order. Raises RuntimeError if the result's type shows that it was refused."""
        (result,) = self.query(query, **variables).values()
        if result["__typename"] != "Order":
            raise RuntimeError(f"Vendure refused {query}: {result['__typename']}")
        return result


def variants(connection: HTTPConnection) -> dict[str, str]:
    """Return the variant ids by SKU."""
    products = Guest(connection).query(VARIANTS)["products"]["items"]
    return {variant["sku"]: variant["id"] for product in products for variant in product["variants"]}


def place_order(connection: HTTPConnection, lines: list[tuple[str, int]], number: int, payment: str) -> None:
    """Place an order; `lines` are (variant id, quantity). Raises RuntimeError if Vendure did not place it."""
    guest = Guest(connection)
    for variant, quantity in lines:
        guest.change(ADD, id=variant, quantity=quantity)
    customer = {"firstName": "Sari", "lastName": "Wulandari", "emailAddress": f"sari{number}@example.com"}
    guest.change(CUSTOMER, input=customer)
    street = {"streetLine1": "Jl. Raya Darmo Permai Selatan 105", "city": "Surabaya", "countryCode": "ID"}
    guest.change(ADDRESS, input=street | {"fullName": "Sari Wulandari", "phoneNumber": f"0813{number:08}"})
    methods = guest.query(METHODS)["eligibleShippingMethods"]
    guest.change(SHIPPING, id=[methods[0]["id"]])
    guest.change(TRANSITION)
    order = guest.change(PAYMENT, input={"method": payment, "metadata": {}})
    if (order["state"], len(order["lines"])) != (PLACED, len(lines)):
        raise RuntimeError(f"Vendure did not place the order: {order}")
