from chalicelib.kit import db
from chalicelib.kit.idempotency import IdempotencyRecord
from chalicelib.kit.packages import TABLES
from infra import template


def test_the_committed_template_is_up_to_date():
    assert template.FILE.read_text() == template.render()


def test_a_table_created_from_the_template_stores_rows_of_a_package(aws):
    row = IdempotencyRecord("caller#endpoint#key", "request", body_hash="h", answer=b"a")

    db.commit([db.create(row)])

    assert db.get(IdempotencyRecord, "caller#endpoint#key", "request").answer == b"a"


def test_each_test_starts_with_empty_tables(aws):
    assert db.get(IdempotencyRecord, "caller#endpoint#key", "request") is None


def test_every_package_has_a_table_and_only_the_journal_has_a_stream(aws):
    client = aws.client("dynamodb")

    names = client.list_tables()["TableNames"]
    streamed = [name for name in names if "StreamSpecification" in client.describe_table(TableName=name)["Table"]]

    assert sorted(names) == sorted(f"test-{name}" for name in TABLES)
    assert streamed == ["test-journal"]
