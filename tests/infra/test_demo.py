from chalicelib.catalog.find import list_all_products
from chalicelib.kit import auth
from chalicelib.places import find
from chalicelib.sessions.authenticate import authenticate
from chalicelib.stock.store import load_levels
from infra.demo import seed as demo


def test_the_demo_shop_is_complete_and_seeding_it_again_changes_nothing(aws):
    demo.seed_shop()
    written = count_journal_entries(aws)
    demo.seed_shop()

    kinds = [place.kind for place in find.load_locations().values()]
    assert count_journal_entries(aws) == written
    assert (kinds.count("warehouse"), kinds.count("store"), kinds.count("van")) == (2, 3, 8)
    assert {member.role for member in find.load_staff().values()} == set(auth.ROLES)
    assert [authenticate(auth.read_staff_token(person["token"])).id for person in demo.list_staff_with_tokens()] == [
        person["id"] for person in demo.list_staff_with_tokens()
    ]
    assert len(list_all_products()) == 60
    assert sum(units < 20 for units in units_per_product()) == 12
    assert [level.on_hand for level in load_levels((sku, "van-budi") for sku in demo.van_load(0))] == [8] * 14


def units_per_product() -> list[int]:
    skus = [product.sku for product, _ in demo.list_products()]
    return [
        sum(level.on_hand for level in load_levels((sku, place) for place in find.load_locations())) for sku in skus
    ]


def count_journal_entries(aws) -> int:
    return aws.client("dynamodb").scan(TableName="test-journal", Select="COUNT")["Count"]
