from chalicelib.catalog.find import all_products
from chalicelib.kit import auth
from chalicelib.places import find
from chalicelib.stock.store import load_levels
from infra.demo import shop as demo


def test_the_demo_shop_has_what_a_newcomer_expects_and_filling_it_again_changes_nothing(aws):
    demo.furnish()
    written = entries(aws)
    demo.furnish()

    kinds = [place.kind for place in find.locations().values()]
    assert entries(aws) == written
    assert (kinds.count("warehouse"), kinds.count("store"), kinds.count("van")) == (2, 3, 8)
    assert {member.role for member in find.staff().values()} == set(auth.ROLES)
    assert [find.who_is(auth.read_staff_token(each["token"])).id for each in demo.people()] == [
        each["id"] for each in demo.people()
    ]
    assert len(all_products()) == 60
    assert sum(units < 20 for units in units_of_each()) == 12
    assert [level.on_hand for level in load_levels((sku, "van-budi") for sku in demo.van_load(0))] == [8] * 14


def units_of_each() -> list[int]:
    skus = [product.sku for product, _ in demo.goods()]
    return [sum(level.on_hand for level in load_levels((sku, place) for place in find.locations())) for sku in skus]


def entries(aws) -> int:
    return aws.client("dynamodb").scan(TableName="test-journal", Select="COUNT")["Count"]
