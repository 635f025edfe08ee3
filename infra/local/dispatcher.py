"""Lambda's event sources on one machine: the journal's stream, the topics, the clock. Runs beside the API server.

`drain` does the same work step by step until all is quiet, for tests and replays that must know when it is.
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
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from chalicelib.kit import config
from infra.local.queues import MAX_MESSAGES, Consumer
from infra.local.schedule import Timer
from infra.local.streams import EventSourceMapping, list_sources

log = logging.getLogger("satukanal.local")
STREAM_POLL_SECONDS = 0.2  # between two looks at a stream; Lambda takes a quarter of a second
TOPIC_PAUSE_SECONDS = 0.1  # before the next look at a topic that had little: ten messages in one go cost as much as one
WORKERS = 4  # messages handled at a time; Lambda handles as many as there are
LONG_POLL_SECONDS = 1  # also how long a stop may take to be heard, and how long the engine hands on to a dead caller


class Clients:
    """boto3's clients may be shared between threads."""

    def __init__(self, prefix: str) -> None:
        session, manners = boto3.Session(region_name=config.region()), Config(max_pool_connections=64)
        names = ("dynamodb", "dynamodbstreams", "sns", "sqs")
        made = [session.client(name, config=manners) for name in names]
        self.tables, self.streams, self.topics, self.queues = made
        self.dead_letters = self.queues.create_queue(QueueName=f"{prefix}-dead-letters")["QueueUrl"]

    def send_to_dead_letters(self, handler: str, event: dict[str, Any], why: str) -> None:
        log.error("parked for %s: %s", handler, why)
        attributes = {"handler": handler, "error": why[:500] or "unknown"}
        told = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
        self.queues.send_message(QueueUrl=self.dead_letters, MessageBody=json.dumps(event), MessageAttributes=told)


class Dispatcher:
    def __init__(self, app: Any, *, engine: str = "", folder: Path | None = None, retry_delay_seconds: int = 1) -> None:
        clients, prefix = Clients(config.prefix()), config.prefix()
        self.stop = threading.Event()
        self.executor = ThreadPoolExecutor(WORKERS)
        self.mappings = [
            EventSourceMapping(source, clients, engine=engine, file=folder and folder / f"{source.name}.json")
            for source in list_sources(app, "DynamoDBEventConfig")
        ]
        self.consumers = [
            Consumer(source, clients, prefix, retry_delay_seconds) for source in list_sources(app, "SNSEventConfig")
        ]
        now = time.monotonic()
        self.timers = [Timer(source, now + 1) for source in list_sources(app, "ScheduledEventConfig")]

    def drain(self, max_rounds: int = 1000) -> int:
        """Handles all there is, and what comes of it; how many records and messages that were."""
        handled = 0
        readers: list[EventSourceMapping | Consumer] = [*self.mappings, *self.consumers]
        for _ in range(max_rounds):
            took = sum(each.poll() for each in readers)
            if not took:
                return handled
            handled += took
        raise RuntimeError(f"not quiet after {max_rounds} rounds; something answers itself")

    def run(self) -> None:
        """Until `stop` is set; then what is in hand is finished and the stream read to its end."""
        work = [lambda each=each: self._poll_stream(each) for each in self.mappings]
        work += [lambda each=each: self._poll_queue(each) for each in self.consumers]
        threads = [threading.Thread(target=self._repeat, args=(each,)) for each in (*work, self._run_timers)]
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
                log.exception("the dispatcher goes on")
                self.stop.wait(1)

    def _poll_stream(self, mapping: EventSourceMapping) -> None:
        mapping.wait = lambda tries: self.stop.wait(0.1 * 2**tries)
        if mapping.poll() < mapping.source.batch_size:  # a full batch says that more is waiting
            self.stop.wait(max(STREAM_POLL_SECONDS, mapping.source.maximum_batching_window_in_seconds))

    def _poll_queue(self, consumer: Consumer) -> None:
        if 0 < consumer.poll(LONG_POLL_SECONDS, self.executor.map) < MAX_MESSAGES:
            self.stop.wait(TOPIC_PAUSE_SECONDS)

    def _run_timers(self) -> None:
        for timer in self.timers:
            try:
                timer.run_if_due(time.monotonic())
            except Exception:
                log.exception("%s failed; its next turn comes", timer.source.name)
        self.stop.wait(0.5)


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """One dispatcher at a time: who comes next waits for the last one's end, of whatever kind that is."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system lets go of it even after a kill -9
        yield


def main() -> None:
    from app import app

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    folder = Path(os.environ["DISPATCHER_FOLDER"])
    with exclusive_lock(folder):
        dispatcher = Dispatcher(app, engine=os.environ.get("ENGINE_LIFE", ""), folder=folder)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: dispatcher.stop.set())
        dispatcher.run()


if __name__ == "__main__":
    main()
