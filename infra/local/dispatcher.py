"""Lambda's event sources on one machine: the journal's stream, the topics and the timers. Runs beside the API server.

`drain` processes everything that is waiting and returns, for tests and replays.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from chalicelib.kit import config
from infra.local.queues import MAX_MESSAGES, Consumer
from infra.local.schedule import Timer
from infra.local.streams import EventSourceMapping, list_sources

log = logging.getLogger("satukanal_local")  # not a child of `satukanal`, which logs JSON
STREAM_POLL_SECONDS = 0.2  # Lambda polls a stream every 0.25 s
TOPIC_PAUSE_SECONDS = 0.1  # pause after a short batch: one receive costs the same for one message as for ten
WORKERS = 4  # messages handled at a time; Lambda has no such limit
LONG_POLL_SECONDS = 1  # a stop takes up to this long; the engine still answers a killed dispatcher for as long


class Clients:
    """The AWS clients, shared by all threads; boto3's clients are thread-safe."""

    def __init__(self, prefix: str) -> None:
        session, pool = boto3.Session(region_name=config.region()), Config(max_pool_connections=64)
        names = ("dynamodb", "dynamodbstreams", "sns", "sqs")
        self.tables, self.streams, self.topics, self.queues = (session.client(name, config=pool) for name in names)
        self.dead_letters = self.queues.create_queue(QueueName=f"{prefix}-dead-letters")["QueueUrl"]

    def send_to_dead_letters(self, handler: str, event: dict[str, Any], reason: str) -> None:
        log.error("dead_letter_sent handler=%s error=%s", handler, reason)
        values = {"handler": handler, "error": reason[:500] or "unknown"}
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
        self.queues.send_message(
            QueueUrl=self.dead_letters, MessageBody=json.dumps(event), MessageAttributes=attributes
        )


class Dispatcher:
    """Runs the app's event sources: one reader for each stream and topic handler, and the timers.

    Checkpoints are stored in `folder`; `engine_run_id` is the id of the engine's process, see `Checkpoint`.
    """

    def __init__(
        self, app: Any, *, engine_run_id: str = "", folder: Path | None = None, retry_delay_seconds: int = 1
    ) -> None:
        clients, prefix = Clients(config.prefix()), config.prefix()
        self.stop = threading.Event()
        self.executor = ThreadPoolExecutor(WORKERS)
        self.mappings = [
            EventSourceMapping(source, clients, engine_run_id, folder and folder / f"{source.name}.json")
            for source in list_sources(app, "DynamoDBEventConfig")
        ]
        self.consumers = [
            Consumer(source, clients, prefix, retry_delay_seconds) for source in list_sources(app, "SNSEventConfig")
        ]
        now = time.monotonic()
        self.timers = [Timer(source, now + 1) for source in list_sources(app, "ScheduledEventConfig")]

    def drain(self, max_rounds: int = 1000) -> int:
        """Process all waiting records and messages and those that follow from them; return how many there were.

        Raises RuntimeError when there are still some after `max_rounds`.
        """
        handled = 0
        readers: list[EventSourceMapping | Consumer] = [*self.mappings, *self.consumers]
        for _ in range(max_rounds):
            count = sum(reader.poll() for reader in readers)
            if not count:
                return handled
            handled += count
        raise RuntimeError(f"not idle after {max_rounds} rounds: a handler may trigger itself")

    def run(self) -> None:
        """Poll until `stop` is set, then finish the current work and drain the stream and the topics."""
        work = [partial(self._poll_stream, mapping) for mapping in self.mappings]
        work += [partial(self._poll_queue, consumer) for consumer in self.consumers]
        threads = [threading.Thread(target=self._repeat, args=(task,)) for task in (*work, self._run_timers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.drain()

    def _repeat(self, work: Callable[[], Any]) -> None:
        while not self.stop.is_set():
            try:
                work()
            except Exception:
                log.exception("dispatcher_task_failed")
                self.stop.wait(1)

    def _poll_stream(self, mapping: EventSourceMapping) -> None:
        mapping.wait = lambda tries: self.stop.wait(0.1 * 2**tries)
        if mapping.poll() < mapping.source.batch_size:  # after a full batch more records are waiting
            self.stop.wait(max(STREAM_POLL_SECONDS, mapping.source.maximum_batching_window_in_seconds))

    def _poll_queue(self, consumer: Consumer) -> None:
        if 0 < consumer.poll(LONG_POLL_SECONDS, self.executor.map) < MAX_MESSAGES:
            self.stop.wait(TOPIC_PAUSE_SECONDS)

    def _run_timers(self) -> None:
        for timer in self.timers:
            try:
                timer.run_if_due(time.monotonic())
            except Exception:
                log.exception("timer_failed handler=%s", timer.source.name)
        self.stop.wait(0.5)


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Hold the dispatchers' lock. A second dispatcher waits until the first one has exited, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system releases it even after a kill -9
        yield


def main() -> None:
    from app import app

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    folder = Path(os.environ["DISPATCHER_FOLDER"])
    with exclusive_lock(folder):
        dispatcher = Dispatcher(app, engine_run_id=os.environ.get("ENGINE_RUN_ID", ""), folder=folder)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: dispatcher.stop.set())
        dispatcher.run()


if __name__ == "__main__":
    main()
