import json
import re

import numpy as np
import pytest
from browsing import until, watched

from keras_residual.train.report import Evidence
from keras_residual.train.report.evidence import softmax
from keras_residual.train.report.sections import data_uri


@pytest.fixture
def evidence():
    shares = [[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.0, 0.8, 0.2]]
    return Evidence(np.array(shares), np.array([0, 1, 1, 2], np.int32))


def test_the_confusion_matrix_counts_rows_as_classes(evidence):
    assert evidence.confusion.tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 0]]
    assert evidence.accuracy == 0.5


def test_the_most_confident_mistake_comes_first(evidence):
    found = [(one.number, one.label, one.named) for one in evidence.mistakes(5)]
    assert found == [(3, 2, 1), (2, 1, 0)]
    assert evidence.mistakes(1)[0].probability == 0.8


def test_the_interval_is_wilsons():
    right = np.arange(100) < 90
    shares = np.where(right[:, None], [[1.0, 0.0]], [[0.0, 1.0]])
    low, high = Evidence(shares, np.zeros(100, np.int32)).interval
    assert (round(low, 4), round(high, 4)) == (0.8256, 0.9448)  # Wilson 1927, by hand


def test_softmax_holds_for_huge_logits():
    assert softmax(np.array([[1e4, 0.0]])).tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("shape", [(4, 4, 1), (4, 4, 3), (4, 4, 2), (4, 4, 5)])
def test_any_picture_can_be_shown(shape):
    for values in (np.zeros(shape, np.float32), np.zeros(shape, np.uint8)):
        assert data_uri(values).startswith("data:image/png;base64,")


@pytest.fixture(scope="session")
def page(finished):
    return (finished.folder / "report.html").read_text(encoding="utf-8")


def test_the_page_shows_what_was_measured(finished, page):
    assert f"<b>{finished.accuracy:.3f}</b>" in page
    assert f"{finished.parameters:,}" in page
    confusion = re.search(r'id="confusion">(.*?)</script>', page)
    assert confusion
    counts = np.array(json.loads(confusion[1])["data"][0]["customdata"])
    assert np.trace(counts) / counts.sum() == pytest.approx(finished.accuracy)
    assert counts.sum() == 16


def test_names_are_shown_and_never_become_markup(page):
    assert "&lt;red&gt; &amp; blue" in page
    assert "<red>" not in page


def test_the_page_asks_nothing_of_the_network(page):
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.S)  # not the library
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', own)
    assert "@import" not in own
    assert "url(" not in own.replace("url(#", "")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_draws_every_figure_without_an_error_or_a_request(
    finished, browser, scheme
):
    page = finished.folder / "report.html"
    with watched(browser, page, color_scheme=scheme) as view:
        view.wait_for_selector("[data-figure='confusion'] .heatmaplayer image")
        assert view.locator("[data-figure] svg.main-svg").count() >= 5
        assert view.locator("[data-figure='loss'] .scatterlayer .trace").count() == 2
        assert view.locator(".drawing svg").is_visible()
        paper = view.evaluate("getComputedStyle(document.body).backgroundColor")
        red = int(re.findall(r"\d+", paper)[0])
        assert (red > 128) == (scheme == "light")


@pytest.mark.browser
def test_figures_answer_to_the_pointer_and_to_a_change_of_scheme(finished, browser):
    context = browser.new_context(color_scheme="light")
    view = context.new_page()
    view.goto((finished.folder / "report.html").as_uri())
    figure = view.locator("[data-figure='loss']")
    figure.locator(".scatterlayer .trace").first.wait_for()
    stroke = "document.querySelector('[data-figure=loss] .js-line').style.stroke"
    before = view.evaluate(stroke)
    figure.locator(".nsewdrag").hover()
    figure.locator(".hoverlayer .hovertext, .hoverlayer .legend").first.wait_for()
    view.emulate_media(color_scheme="dark")
    until(view, f"{stroke} !== {json.dumps(before)}")
    context.close()
