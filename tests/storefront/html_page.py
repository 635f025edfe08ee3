"""Parse built pages into elements and their texts."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

VOID = {"meta", "link", "img", "input", "br", "path", "circle", "rect", "ellipse"}


class Page(HTMLParser):
    def __init__(self, file: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[int, str] = {}
        self.open: list[int] = []
        self.feed(file.read_text())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.elements[self.open.pop()][0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for index in self.open:
            self.texts[index] = self.texts.get(index, "") + data

    def find_all(self, tag: str, **attributes: str) -> list[tuple[dict[str, str], str]]:
        """Return (attributes, text) of the elements with this tag and these attributes; `class_` stands for class."""
        matches = []
        for index, (name, values) in enumerate(self.elements):
            if name == tag and all(values.get(key.rstrip("_")) == value for key, value in attributes.items()):
                matches.append((values, self.texts.get(index, "").strip()))
        return matches

    def text_of(self, tag: str, **attributes: str) -> str:
        return self.find_all(tag, **attributes)[0][1]

    @property
    def json_ld(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.text_of("script", type="application/ld+json"))
        return data
