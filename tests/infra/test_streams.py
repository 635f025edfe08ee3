from infra.local.streams import deliver, find_first_failure, subtract_overlap


def records(*names: str) -> list[dict]:
    return [{"dynamodb": {"SequenceNumber": name}} for name in names]


def names(batch) -> str:
    return "".join(record["dynamodb"]["SequenceNumber"] for record in batch)


class Handler:
    """Fails on poisoned records, and records its calls and the records it has handled."""

    def __init__(self, poison: str = "", recovers_after: int = 1_000, raises: bool = False) -> None:
        self.poison, self.failures_left, self.raises = poison, recovers_after, raises
        self.calls: list[str] = []
        self.handled: list[str] = []

    def __call__(self, batch):
        self.calls.append(names(batch))
        for name in self.calls[-1]:
            if name in self.poison and self.failures_left > 0:
                self.failures_left -= 1
                if self.raises:
                    raise ValueError(name)
                return {"batchItemFailures": [{"itemIdentifier": name}]}
            self.handled.append(name)
        return {"batchItemFailures": []}


def deliver_to(handler: Handler, text: str) -> tuple[str, list[int]]:
    parked: list[str] = []
    waits: list[int] = []
    deliver(records(*text), handler, lambda record, reason: parked.append(names([record])), waits.append)
    return "".join(parked), waits


def test_a_good_batch_is_one_call():
    handler = Handler()

    assert deliver_to(handler, "abcd") == ("", [])
    assert handler.calls == ["abcd"]


def test_a_failed_batch_is_retried_from_the_first_failed_record():
    handler = Handler(poison="c", recovers_after=1)

    assert deliver_to(handler, "abcd") == ("", [])
    assert handler.calls == ["abcd", "cd"]
    assert handler.handled == list("abcd")


def test_a_poison_record_is_parked_alone_after_five_retries_and_the_rest_continues_in_order():
    handler = Handler(poison="c")

    parked, waits = deliver_to(handler, "abcdef")

    assert parked == "c"
    assert waits == [0, 1, 2, 3, 4]
    assert handler.handled == list("abdef")


def test_the_batch_of_a_handler_that_raises_is_halved_down_to_the_failing_record():
    handler = Handler(poison="c", raises=True)

    parked, _ = deliver_to(handler, "abcd")

    assert parked == "c"
    assert list(dict.fromkeys(handler.handled)) == list("abd")


def test_a_failure_that_names_no_record_of_the_batch_fails_the_whole_batch():
    assert find_first_failure(records("a", "b"), lambda batch: {"batchItemFailures": [{"itemIdentifier": ""}]})[0] == 0
    assert find_first_failure(records("a", "b"), lambda batch: {"batchItemFailures": [{"itemIdentifier": "b"}]})[0] == 1
    assert find_first_failure(records("a", "b"), lambda batch: None)[0] is None


def test_a_resync_overlaps_a_minute_because_ids_are_older_than_commits():
    early, late = "evt_01KAMC0000ZZZZZZZZZZZZZZZZ", "evt_01KAMDYNEW0000000000000000"

    assert early < subtract_overlap(late) < late
    assert subtract_overlap("") == ""
