"""What a site was built of: its products' facts and their cards in the order of the lists, in SQLite beside the site.

A build fills it and renders every page from it. A change of one product is made here first, so that what depends on
that product is rendered by the same functions from the same facts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from storefront.listing import Facts, Listing

SUMMARY = "site.json"  # written into the site itself; the manifest belongs to the site whose summary it knows
WRITER_SECONDS = 60  # how long a writer waits for another
VOLATILE_SETTINGS = {"built_at", "built_text"}  # settings that differ at every build
TABLES = """
CREATE TABLE site (settings TEXT, summary TEXT, is_changing INTEGER);
CREATE TABLE products (sku TEXT PRIMARY KEY, facts TEXT) WITHOUT ROWID;
CREATE TABLE cards (language TEXT, path TEXT, category TEXT, name TEXT, sku TEXT, html TEXT,
    PRIMARY KEY (language, path, category, name, sku)) WITHOUT ROWID;
CREATE TABLE categories (language TEXT, path TEXT, name TEXT, count INTEGER, cards TEXT,
    PRIMARY KEY (language, path)) WITHOUT ROWID;
"""
CARD_CONDITION = "language = ? AND path = ? AND category = ? AND name = ? AND sku = ?"


class Card(NamedTuple):
    category: str
    sku: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Category:
    """Two spellings of one slug share a page; it is named as the first of them in order."""

    path: str
    name: str
    count: int
    cards: Markup


class Manifest:
    def __init__(self, rows: sqlite3.Connection) -> None:
        self.connection = rows

    def product(self, sku: str) -> Facts | None:
        found = self.connection.execute("SELECT facts FROM products WHERE sku = ?", (sku,)).fetchone()
        facts: Facts | None = json.loads(found[0]) if found else None
        return facts

    def count(self) -> int:
        return int(self.connection.execute("SELECT count(*) FROM products").fetchone()[0])

    def save_products(self, products: Iterable[Facts]) -> None:
        rows = ((product["sku"], json.dumps(product)) for product in products)
        self.connection.executemany("INSERT INTO products VALUES (?, ?)", rows)

    def replace_product(self, sku: str, product: Facts | None) -> None:
        self.connection.execute("DELETE FROM products WHERE sku = ?", (sku,))
        self.save_products([product] if product else [])

    def save_cards(self, language: str, cards: Iterable[tuple[Listing, str]]) -> None:
        rows = ((*card_key(language, listing), html) for listing, html in cards)
        self.connection.executemany("INSERT INTO cards VALUES (?, ?, ?, ?, ?, ?)", rows)

    def replace_card(self, language: str, old: Listing | None, new: tuple[Listing, str] | None) -> None:
        if old:
            self.connection.execute(f"DELETE FROM cards WHERE {CARD_CONDITION}", card_key(language, old))
        self.save_cards(language, [new] if new else [])
        listings = (old, new[0] if new else None)
        self.update_categories(language, {listing.category_path for listing in listings if listing})

    def cards(self, language: str, path: str) -> list[Card]:
        """Of one category, in the order of its list."""
        asked = "SELECT category, sku, html FROM cards WHERE language = ? AND path = ? ORDER BY category, name, sku"
        return [
            Card(category, sku, Markup(html))
            for category, sku, html in self.connection.execute(asked, (language, path))
        ]

    def update_categories(self, language: str, paths: Iterable[str]) -> None:
        """After their cards have changed; without a card left, a category is gone."""
        for path in paths:
            self.connection.execute("DELETE FROM categories WHERE language = ? AND path = ?", (language, path))
            if cards := self.cards(language, path):
                row = (language, path, cards[0].category, len(cards), "".join(card.html for card in cards))
                self.connection.execute("INSERT INTO categories VALUES (?, ?, ?, ?, ?)", row)

    def categories(self, language: str) -> list[Category]:
        """In the order of their names."""
        asked = "SELECT path, name, count, cards FROM categories WHERE language = ? ORDER BY name"
        rows = self.connection.execute(asked, (language,))
        return [Category(path, name, count, Markup(cards)) for path, name, count, cards in rows]

    def category_names(self, language: str) -> list[tuple[str, str]]:
        """(path, name) in the order of their names."""
        return self.connection.execute(
            "SELECT path, name FROM categories WHERE language = ? ORDER BY name", (language,)
        ).fetchall()

    def skus(self, language: str) -> list[str]:
        """As the lists have them, category by category."""
        asked = """SELECT sku FROM cards JOIN categories USING (language, path) WHERE language = ?
            ORDER BY categories.name, cards.category, cards.name, sku"""
        return [row[0] for row in self.connection.execute(asked, (language,))]

    def save_site(self, settings: Facts, summary: str) -> None:
        self.connection.execute("DELETE FROM site")
        self.connection.execute("INSERT INTO site VALUES (?, ?, 0)", (stable_settings(settings), summary))

    def summary(self) -> str:
        return str(self.connection.execute("SELECT summary FROM site").fetchone()[0])

    def matches(self, site: Path, settings: Facts) -> bool:
        """Whether that site was built from these facts, with these settings."""
        summary = site / SUMMARY
        row = self.connection.execute("SELECT settings, summary, is_changing FROM site").fetchone()
        return summary.exists() and row == (stable_settings(settings), summary.read_text(), 0)


def card_key(language: str, listing: Listing) -> tuple[str, ...]:
    return (language, listing.category_path, listing.category, listing.name, listing.sku)


def stable_settings(settings: Facts) -> str:
    return json.dumps(
        {name: value for name, value in settings.items() if name not in VOLATILE_SETTINGS}, sort_keys=True
    )


def manifest_file(site: Path) -> Path:
    """Beside the site and not in it: what is in a site is published."""
    return site.with_name(f"{site.name}.facts")


@contextmanager
def create_manifest(file: Path) -> Iterator[Manifest]:
    """A new one, for a build that begins anew if it breaks off: nothing of it has to survive a crash."""
    file.unlink(missing_ok=True)
    rows = sqlite3.connect(file)
    try:
        rows.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; {TABLES}")
        yield Manifest(rows)
        rows.commit()
    finally:
        rows.close()


@contextmanager
def open_manifest(site: Path, settings: Facts) -> Iterator[Manifest | None]:
    """Open a site's manifest for one writer; yields None if there is none that matches the site and its settings.

    It is marked on disk as being changed until the block has ended without error: an interrupted change leaves files
    of which the manifest knows nothing, and only a full build can mend them."""
    if not manifest_file(site).exists():
        yield None
        return
    rows = sqlite3.connect(manifest_file(site), timeout=WRITER_SECONDS, isolation_level=None)
    try:
        if begin_change(rows, site, settings):
            yield Manifest(rows)
            rows.execute("UPDATE site SET is_changing = 0")
            rows.execute("COMMIT")
        else:
            yield None
    finally:
        rows.close()


def begin_change(rows: sqlite3.Connection, site: Path, settings: Facts) -> bool:
    """Wait for other writers, then mark the manifest; returns False if it is damaged or does not match the site."""
    rows.execute("PRAGMA locking_mode = EXCLUSIVE")  # keeps other writers out between the two transactions
    try:
        rows.execute("BEGIN IMMEDIATE")
        if not Manifest(rows).matches(site, settings):
            return False
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise
        return False
    rows.execute("UPDATE site SET is_changing = 1")
    rows.execute("COMMIT")
    rows.execute("BEGIN IMMEDIATE")
    return True
