"""What a browser asked, what it got, and what it complained of: read from Chromium's own logs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

# Chromium drops what is under way when any interface of the host comes or goes, another node's among them.
_HOST_CHANGED = "net::ERR_NETWORK_CHANGED"


class Traffic:
    """Grows with each look at the logs, which forget what was read."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        """Each URL that was asked for."""
        self.answers: list[tuple[int, str]] = []
        """Status and URL."""
        self.failures: list[tuple[str, str]] = []
        """Error and URL of what got no answer; what a page that was left had asked for does not count."""
        self.complaints: list[str] = []
        """Errors in the console; those of the network are among the answers and failures."""
        self.host_changes = 0
        self._urls: dict[str, str] = {}

    def note(self, network: Iterable[Mapping[str, Any]], console: Iterable[Mapping[str, Any]]) -> None:
        for entry in network:
            message = json.loads(entry["message"])["message"]
            self._note_event(message["method"], message["params"])
        for entry in console:
            if entry["level"] == "SEVERE" and entry["source"] != "network":
                self.complaints.append(entry["message"])

    def _note_event(self, method: str, event: Mapping[str, Any]) -> None:
        url = self._urls.get(event.get("requestId", ""), "")
        if method == "Network.requestWillBeSent":
            self._note_request(event["requestId"], event["request"]["url"])
        elif method == "Network.responseReceived" and url:
            self.answers.append((event["response"]["status"], event["response"]["url"]))
        elif method == "Network.loadingFailed" and event["errorText"] == _HOST_CHANGED:
            self.host_changes += 1
        elif method == "Network.loadingFailed" and url and not event.get("canceled"):
            self.failures.append((event["errorText"], url))

    def _note_request(self, request: str, url: str) -> None:
        """What a page carries in itself, and the browser's own pages, are asked of nobody."""
        if url.startswith("http"):
            self.asked.append(url)
            self._urls[request] = url
