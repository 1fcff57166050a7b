"""Puts a browser's own description into two words."""

SYSTEMS = (
    ("MicroMessenger", "WeChat"),
    ("HarmonyOS", "HarmonyOS"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))


def device_of(agent: str) -> str:
    """Return the kind of device and browser that a User-Agent header names, in two words at most; nothing finer."""
    found = [next((name for mark, name in kinds if mark in agent), "") for kinds in (SYSTEMS, BROWSERS)]
    return " · ".join(filter(None, found))
