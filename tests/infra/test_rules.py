from infra.rules import BARE, FLOAT, SLEEP, complaints_of


def said(path: str, text: str) -> list[str]:
    return [why for _, why in complaints_of(path, text)]


def test_a_write_that_does_not_go_through_commit_is_found():
    assert said("chalicelib/stock/move.py", "row.update(actions=[Row.available.add(-1)])") == [BARE]
    assert said("chalicelib/stock/move.py", "row.save()") == [BARE]
    assert said("chalicelib/stock/move.py", "from pynamodb.transactions import TransactWrite") == [BARE]
    assert said("chalicelib/stock/move.py", "db.update(row, Row.available.add(-1)); facts.update(a=1)") == []
    assert said("chalicelib/kit/db.py", "TransactWrite()") == []


def test_floating_money_is_found_where_money_lives_and_nowhere_else():
    assert said("chalicelib/pricing/quote.py", "half = total / 2") == [FLOAT]
    assert said("chalicelib/kit/money.py", "rate = 0.11") == [FLOAT]
    assert said("chalicelib/payments/model.py", "float(amount)") == [FLOAT]
    assert said("chalicelib/pricing/quote.py", "tax = half_up(amount * share / (1 + share))") == []
    assert said("chalicelib/places/model.py", "half = lat / 2.0") == []


def test_a_test_that_sleeps_is_found():
    assert said("tests/orders/test_place.py", "import time\ntime.sleep(1)") == [SLEEP]
