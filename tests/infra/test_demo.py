from chalicelib.catalog.find import list_all_products
from chalicelib.kit import auth, policy
from chalicelib.places import find
from chalicelib.sessions.authenticate import authenticate
from chalicelib.stock.store import load_levels
from infra.demo import seed as demo
from infra.demo.data import GRAMS
from storefront.placeholder_image import choose_shape


def test_the_demo_shop_is_complete_and_seeding_it_again_changes_nothing(aws):
    demo.seed_shop()
    written = count_journal_entries(aws)
    demo.seed_shop()

    kinds = [place.kind for place in find.load_locations().values()]
    assert count_journal_entries(aws) == written
    assert (kinds.count("warehouse"), kinds.count("store"), kinds.count("van")) == (2, 3, 8)
    assert {member.role for member in find.load_staff().values()} == set(policy.ROLES)
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


def test_a_product_weighs_what_its_name_says():
    weights = {product.name.split(maxsplit=2)[2]: product.weight_grams for product, _ in demo.list_products()}

    assert len(weights) == 60
    assert {name: weights[name] for name in ("Beras pandan 5 kg", "Kopi tubruk 165 g", "Minyak goreng 2 l")} == {
        "Beras pandan 5 kg": 5_000,
        "Kopi tubruk 165 g": 165,
        "Minyak goreng 2 l": 2_000,
    }
    assert (weights["Air mineral 600 ml isi 24"], weights["Kompor gas satu tungku"]) == (14_400, 2_800)
    assert set(GRAMS) == {name for name in weights if not demo.SIZE.search(name)}


def test_a_product_is_drawn_in_the_pack_it_comes_in():
    shapes: dict[str, set[str]] = {}
    for product, _ in demo.list_products():
        shapes.setdefault(choose_shape(product.name, product.category), set()).add(product.name.split(maxsplit=2)[2])

    assert shapes["sack"] == {
        *("Beras pandan 5 kg", "Beras merah 2 kg", "Beras ketan 1 kg", "Tepung terigu 1 kg", "Tepung beras 500 g"),
        "Gula pasir 1 kg",
    }
    assert shapes["bar"] == {"Sabun batang isi 4"}
    assert {"Mi telur keriting 200 g", "Mi goreng isi 5", "Bihun jagung 350 g", "Soun 250 g"} <= shapes["pouch"]
    assert {"Sabun cuci piring 800 ml", "Sampo 170 ml", "Kecap manis 520 ml", "Minyak goreng 1 l"} <= shapes["bottle"]
    assert shapes["tube"] == {"Pasta gigi 190 g"}
