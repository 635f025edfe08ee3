"""Two hundred injection payloads, and a parser that reduces a page to its structure."""

from __future__ import annotations

import re
from html.parser import HTMLParser

CONTEXT_ESCAPES = ("", '">', "'>", "</title>", "</textarea>", "</script>", "-->", "]]>", "</b></p></li>", "\\'><!--")
SCRIPTS = (
    "<script>pwned=1</script>",
    "<img src=x onerror=pwned=1>",
    "<svg onload=pwned=1>",
    "<svg><animate onbegin=pwned=1 attributeName=x>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'>",
    "<details open ontoggle=pwned=1>",
    "<input autofocus onfocus=pwned=1>",
    "<a href=javascript:pwned=1>Sari</a>",
    "<form action=https://evil.example><button>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>*{background:url(https://evil.example)}</style>",
    "<math><mtext><img src=x onerror=pwned=1>",
    "<template><script>pwned=1</script></template>",
    " onmouseover=pwned=1 x=",
    "javascript:pwned=1//",
    "{{7*7}}{% for x in ().__class__.__base__.__subclasses__() %}",
    "${pwned=1}#{7*7}<%= 7*7 %>",
    "&lt;script&gt;&#60;script&#62;\u003cscript\u003epwned=1",
)
PAYLOADS = [before + text for before in CONTEXT_ESCAPES for text in SCRIPTS]
HARMLESS = "Sari"

Element = tuple[str, tuple[str, ...]]
UNSAFE_LINK = re.compile(r"^\s*(javascript|vbscript|data:text)", re.I)


class StructureParser(HTMLParser):
    """Collects a page's elements with the names of their attributes, and its links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value for name, value in attrs if name in ("href", "src", "action") and value]

    handle_startendtag = handle_starttag


def parse_structure(page: str) -> list[Element]:
    """Return the page's elements without texts and attribute values; asserts that no link is unsafe."""
    parser = StructureParser()
    parser.feed(page)
    parser.close()
    assert not [link for link in parser.links if UNSAFE_LINK.match(link) or "evil.example" in link.split("?")[0]]
    return parser.elements
