"""A page in a real browser, watched: it may not fail, and it may fetch nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from yardstick import WATCHDOG

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def opened_browser() -> Iterator:
    """Starts a headless Chromium, or skips the test where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield found
        found.close()


@contextmanager
def watched(browser, page: Path, **settings) -> Iterator:
    """Opens a page; fails at the end if it complained or asked for anything."""
    context = browser.new_context(reduced_motion="reduce", **settings)
    view = context.new_page()
    troubles, requests = [], []
    view.on("console", lambda message: troubles.append(message.text))
    view.on("pageerror", lambda error: troubles.append(str(error)))
    view.on("dialog", lambda dialog: troubles.append(dialog.message))
    view.on("request", lambda request: requests.append(request.url))
    view.goto(page.as_uri())
    yield view
    context.close()
    foreign = [u for u in requests if u != page.as_uri() and u[:5] != "data:"]
    assert not troubles + foreign, "\n".join(troubles + foreign)


def until(view, expression: str) -> None:
    """Waits until it is true; Playwright's own way is what the page forbids."""
    for _ in range(20 * WATCHDOG):
        if view.evaluate(expression):
            return
        view.wait_for_timeout(50)
    raise AssertionError(f"never: {expression}")
