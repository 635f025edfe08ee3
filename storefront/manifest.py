"""The build manifest of a site: its products' facts and their cards in list order, in an SQLite file beside the site.

A build fills the manifest and renders every page from it. An update of one product changes the manifest first, so the
pages that depend on the product are rendered by the same functions from the same facts.
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

SUMMARY = "site.json"  # a file of the site; the manifest stores a copy, so that it matches only that site
LOCK_TIMEOUT_SECONDS = 60  # how long a writer waits for another one
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
    """The rendered card of a product, which lists show."""

    category: str
    sku: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Category:
    """A category with its rendered cards. Names with equal slugs are one category, with the name that sorts first."""

    path: str
    name: str
    count: int
    cards: Markup


class Manifest:
    """Reads and writes one manifest over an open connection; the caller commits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def product(self, sku: str) -> Facts | None:
        row = self.connection.execute("SELECT facts FROM products WHERE sku = ?", (sku,)).fetchone()
        facts: Facts | None = json.loads(row[0]) if row else None
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
        """Return the cards of one category in list order."""
        query = "SELECT category, sku, html FROM cards WHERE language = ? AND path = ? ORDER BY category, name, sku"
        return [
            Card(category, sku, Markup(html))
            for category, sku, html in self.connection.execute(query, (language, path))
        ]

    def update_categories(self, language: str, paths: Iterable[str]) -> None:
        """Rebuild these categories from their cards; a category without cards is deleted."""
        for path in paths:
            self.connection.execute("DELETE FROM categories WHERE language = ? AND path = ?", (language, path))
            if cards := self.cards(language, path):
                row = (language, path, cards[0].category, len(cards), "".join(card.html for card in cards))
                self.connection.execute("INSERT INTO categories VALUES (?, ?, ?, ?, ?)", row)

    def categories(self, language: str) -> list[Category]:
        """Return the categories ordered by name."""
        query = "SELECT path, name, count, cards FROM categories WHERE language = ? ORDER BY name"
        rows = self.connection.execute(query, (language,))
        return [Category(path, name, count, Markup(cards)) for path, name, count, cards in rows]

    def category_names(self, language: str) -> list[tuple[str, str]]:
        """Return (path, name) of each category, ordered by name."""
        return self.connection.execute(
            "SELECT path, name FROM categories WHERE language = ? ORDER BY name", (language,)
        ).fetchall()

    def skus(self, language: str) -> list[str]:
        """Return all SKUs in list order, category by category."""
        query = """SELECT sku FROM cards JOIN categories USING (language, path) WHERE language = ?
            ORDER BY categories.name, cards.category, cards.name, sku"""
        return [row[0] for row in self.connection.execute(query, (language,))]

    def save_site(self, settings: Facts, summary: str) -> None:
        self.connection.execute("DELETE FROM site")
        self.connection.execute("INSERT INTO site VALUES (?, ?, 0)", (stable_settings(settings), summary))

    def summary(self) -> str:
        return str(self.connection.execute("SELECT summary FROM site").fetchone()[0])

    def matches(self, site: Path, settings: Facts) -> bool:
        """Return True if the site was built from this manifest with these settings, and no change is unfinished."""
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
    """Return the manifest's path: beside the site, because every file in the site is published."""
    return site.with_name(f"{site.name}.facts")


@contextmanager
def create_manifest(file: Path) -> Iterator[Manifest]:
    """Create an empty manifest for a build. It is written without a journal: after a crash the build starts again."""
    file.unlink(missing_ok=True)
    pragmas = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;"
    connection = sqlite3.connect(file)
    try:
        connection.executescript(f"{pragmas} {TABLES}")
        yield Manifest(connection)
        connection.commit()
    finally:
        connection.close()


@contextmanager
def open_manifest(site: Path, settings: Facts) -> Iterator[Manifest | None]:
    """Open a site's manifest for one writer; yields None if there is none that matches the site and its settings.

    The manifest is marked on disk as changing until the block ends without an error: an interrupted change leaves
    files that differ from the manifest, and only a full build can repair them.
    """
    if not manifest_file(site).exists():
        yield None
        return
    connection = sqlite3.connect(manifest_file(site), timeout=LOCK_TIMEOUT_SECONDS, isolation_level=None)
    try:
        if begin_change(connection, site, settings):
            yield Manifest(connection)
            connection.execute("UPDATE site SET is_changing = 0")
            connection.execute("COMMIT")
        else:
            yield None
    finally:
        connection.close()


def begin_change(connection: sqlite3.Connection, site: Path, settings: Facts) -> bool:
    """Wait for other writers, then mark the manifest; return False if it is damaged or does not match the site."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # keeps other writers out between the two transactions
    try:
        connection.execute("BEGIN IMMEDIATE")
        if not Manifest(connection).matches(site, settings):
            return False
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise
        return False
    connection.execute("UPDATE site SET is_changing = 1")
    connection.execute("COMMIT")
    connection.execute("BEGIN IMMEDIATE")
    return True
