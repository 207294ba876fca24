"""A real headless Chromium over its DevTools protocol: open a page, press keys, move the mouse, ask the page."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import websocket

AXE = Path(__file__).parent / "axe/axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    *("--remote-debugging-port=0", "--remote-allow-origins=*"),
]


def find_chromium() -> str | None:
    """The browser to use: $CHROMIUM, or the first of the usual names."""
    return os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)


needs_chromium = pytest.mark.skipif(
    not find_chromium(),
    reason="no Chromium found (install `chromium`, or name one in $CHROMIUM): browser tests left out",
)


class Page:
    """One tab. What goes wrong on it (console errors, exceptions, failed requests) collects in `problems`."""

    def __init__(self, address: str):
        self.socket = websocket.create_connection(address, timeout=60, enable_multithread=True)
        self.problems: list[str] = []
        self.requested: list[str] = []
        self.loaded = False
        self._last = 0
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters) -> dict:
        """One protocol command and its result; events that come first are noted."""
        self._last += 1
        self.socket.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self._last:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._note(message)

    def _note(self, event: dict) -> None:
        method, about = event.get("method"), event.get("params", {})
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Network.requestWillBeSent":
            self.requested.append(about["request"]["url"])
        elif method == "Network.loadingFailed" and not about.get("canceled"):
            self.problems.append(f"request failed: {about.get('errorText')} ({about.get('type')})")
        elif method == "Runtime.exceptionThrown":
            said = about["exceptionDetails"].get("exception", {}).get("description", "exception")
            self.problems.append(f"uncaught: {said}")
        elif method == "Runtime.consoleAPICalled" and about["type"] == "error":
            self.problems.append(" ".join(str(a.get("value", a.get("description"))) for a in about["args"]))
        elif method == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.problems.append(f"{about['entry']['text']} {about['entry'].get('url', '')}")

    def open(self, url: str, width: int = 1200, height: int = 900, dark: bool = False) -> None:
        """Load a page and wait until it is there and its mathematics is set."""
        self.loaded, self.problems, self.requested = False, [], []
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + 60
        while not self.loaded and time.monotonic() < deadline:
            self.call("Runtime.evaluate", expression="0")
            time.sleep(0.05)
        typeset = (
            "window.MathJax && MathJax.startup && MathJax.startup.promise ? MathJax.startup.promise.then(() => 1) : 1"
        )
        self.ask(typeset)

    def ask(self, expression: str):
        """The value of a JavaScript expression on the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", "exception"))
        return answer["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 120):
        """The first value of a JavaScript expression that counts as true; `TimeoutError` if none comes in time."""
        deadline = time.monotonic() + seconds
        while not (value := self.ask(expression)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {seconds:g} s still nothing: {expression}")
            time.sleep(0.1)
        return value

    def press(self, key: str, code: int) -> None:
        """Press and release a key, as a person would."""
        typed = {"text": "\r"} if key == "Enter" else {}  # a button answers to the character, not to the key
        for kind in ("keyDown" if typed else "rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **typed)

    def type_text(self, text: str) -> None:
        """Type into what has the focus, key by key."""
        for letter in text:
            for kind, more in (("keyDown", dict(text=letter)), ("keyUp", {})):
                self.call("Input.dispatchKeyEvent", type=kind, key=letter, **more)

    def click_on(self, element: str, across: float = 0.5) -> None:
        """Click on an element (a JavaScript expression), at its middle or a share of its width from the left."""
        place = f"b.left + {across} * b.width, b.top + b.height / 2"
        self.ask(f"{element}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        self.click(*self.ask(f"(b => [{place}])({element}.getBoundingClientRect())"))

    def click(self, x: float, y: float) -> None:
        """Move the mouse to a point of the window and click left."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def violations(self) -> list[str]:
        """What axe-core has against the page as it is shown: its rule, and the first element that breaks it."""
        self.ask("document.getAnimations().forEach(a => a.finish())")  # else colours are on their way
        self.call("Runtime.evaluate", expression=AXE.read_text(encoding="utf-8"))
        told = "r => r.violations.map(v => `${v.id} (${v.impact}): ${v.nodes[0].html}`)"
        how = "{resultTypes: ['violations'], preload: false}"  # it would ask for the style sheets again, and in vain
        return self.ask(f"axe.run(document, {how}).then({told})")

    def overflows(self) -> bool:
        """Whether the page is wider than its window."""
        return self.ask("document.documentElement.scrollWidth > window.innerWidth + 1")

    def faults(self) -> list[str]:
        """What keeps anyone from reading the page: errors, requests to the network, its width, what axe-core finds."""
        asked = [url for url in self.requested if not url.startswith(("file:", "data:", "about:", "blob:"))]
        found = [*self.problems, *(f"asks the network for {url}" for url in asked)]
        return [*found, *(["is wider than its window"] if self.overflows() else []), *self.violations()]

    def screenshot(self, path: str | Path) -> None:
        """What the window shows, as PNG."""
        Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def chromium() -> Iterator[Page]:
    """A fresh browser with one empty tab; gone, with its profile, at the end."""
    profile = tempfile.mkdtemp(prefix="browser-")
    process = subprocess.Popen(
        [find_chromium(), *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    page = None
    try:
        port_file, deadline = Path(profile) / "DevToolsActivePort", time.monotonic() + 60
        while not (port_file.exists() and port_file.read_text().strip()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Chromium did not start")
            time.sleep(0.1)
        port = port_file.read_text().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30) as answer:
            tab = next(t for t in json.load(answer) if t["type"] == "page")
        page = Page(tab["webSocketDebuggerUrl"])
        yield page
    finally:
        if page:
            page.socket.close()
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(profile, ignore_errors=True)
