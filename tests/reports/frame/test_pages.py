import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest

from keras_residual.reports.frame import facts, html_page, json_block


def test_the_browser_is_told_which_scripts_are_ours():
    page = html_page("a < b", "<p>text</p>", script="1 + 1")
    assert "<title>a &lt; b</title>" in page
    allowed = re.search(r"script-src ([^;]*);", page)
    assert allowed
    digest = b64encode(sha256(b"1 + 1").digest()).decode()
    assert allowed[1] == f"'sha256-{digest}'"


def test_a_page_without_scripts_allows_none():
    assert "script-src 'none'" in html_page("title", "<p>text</p>")


def test_the_figures_library_comes_with_figures():
    assert len(html_page("title", "<p>text</p>")) < 10_000
    assert len(html_page("title", '<div data-figure="one"></div>')) > 1_000_000


def test_no_value_ends_its_block():
    given = ["</script><b>", "<!--<script>", "é\u2028"]
    block = json_block("values", given)
    inner = re.fullmatch(
        r'<script type="application/json" id="values">(.*)</script>', block
    )
    assert inner
    assert "<" not in inner[1]
    assert json.loads(inner[1]) == given


def test_what_json_cannot_say_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        json_block("values", [float("nan")])


def test_facts_are_text():
    assert "<dt>a&amp;b</dt><dd>&lt;i&gt;</dd>" in facts([("a&b", "<i>")])
