"""The frame of a page, and what its browser lets it do."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from plotly.offline import get_plotlyjs

from keras_residual.reports.frame.figures import SCRIPT
from keras_residual.reports.frame.theme import STYLE


def html_page(title: str, body: str, *, style: str = "", script: str = "") -> str:
    """Returns a whole page; where it has figures, with their library inside it.

    The browser is told to run these scripts and no others, and to fetch nothing.

    Args:
        title: The page's title.
        body: What is in it.
        style: Rules beside those that all pages share.
        script: What else runs once the page is there.
    """
    figures = [get_plotlyjs(), SCRIPT] if "data-figure=" in body else []
    scripts = [text for text in (*figures, script) if text]
    policy = _policy(scripts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        f"<style>{STYLE}{style}</style></head><body><main>{body}</main>"
        f"{''.join(f'<script>{text}</script>' for text in scripts)}</body></html>\n"
    )


def _policy(scripts: list[str]) -> str:
    """Allows the scripts by their hashes, so that no markup could bring another."""
    hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in scripts]
    allowed = " ".join(f"'sha256-{one}'" for one in hashes) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
