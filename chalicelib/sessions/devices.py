"""Names of devices in session lists, from the User-Agent header of the sign-in."""

from __future__ import annotations

# The first match counts: Edge and Opera name Chrome as well, and Chrome names Safari.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox"}
BROWSERS |= {"Chrome": "Chrome", "CriOS": "Chrome", "Safari": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"}
SYSTEMS |= {"Linux": "Linux"}


def describe_device(user_agent: str) -> str:
    """Return `Chrome, Android`; empty for a client that is no known browser. Other text of the header is not shown."""
    names = (_find_name(user_agent, BROWSERS), _find_name(user_agent, SYSTEMS))
    return ", ".join(name for name in names if name)


def _find_name(user_agent: str, names: dict[str, str]) -> str:
    return next((name for mark, name in names.items() if mark in user_agent), "")
