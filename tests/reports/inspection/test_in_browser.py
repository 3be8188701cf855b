"""The page is used as a reader would: with the pointer, and with keys alone."""

import re

import numpy as np
import pytest
from browsing import until, watched

import keras_residual as kr
from keras_residual.measures.definitions import definitions

from .nets import HOSTILE, small

pytestmark = pytest.mark.browser


def chosen(view):
    """Returns the path of the unit that is shown."""
    return view.locator("#unit h3").inner_text()


def paths():
    return [unit.path for unit in kr.find_residuals(small(HOSTILE, HOSTILE))]


def column(view, title):
    """Returns the cells of a column, from top to bottom."""
    heads = view.locator("th > button:first-child").all_inner_texts()
    at = [head.strip() for head in heads].index(title) + 1
    return view.locator(f"tbody td:nth-child({at})").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_everything_is_drawn_in_every_size_and_scheme(measured, browser, scheme, width):
    size = {"width": width, "height": 900}
    with watched(browser, measured, color_scheme=scheme, viewport=size) as view:
        view.wait_for_selector("[data-figure='cka'] .heatmaplayer image")
        view.wait_for_selector("[data-figure='lesion'] .barlayer .point")
        view.wait_for_selector("[data-figure='measure'] .scatterlayer .trace")
        view.wait_for_selector("[data-figure='lens'] .heatmaplayer image")
        view.wait_for_selector("[data-figure='attribution'] .barlayer .point")
        assert view.evaluate("document.documentElement.scrollWidth") == width
        paper = view.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(re.findall(r"\d+", paper)[0]) > 128) == (scheme == "light")
        assert view.locator("h1").inner_text() == HOSTILE
        assert view.locator("img").count() == 0


def test_a_click_in_the_picture_chooses_a_unit(measured, browser):
    with watched(browser, measured) as view:
        view.locator(".pick").first.click()
        assert chosen(view) == paths()[0]
        view.locator(".pick").last.click()
        assert chosen(view) == paths()[3] == f"{HOSTILE} add"
        assert "KR101" in view.locator("#unit").inner_text()
        assert view.locator("tr.on").inner_text().split("\t")[1] == paths()[3]
        assert view.locator(".pick.on").count() == 1


def test_a_cell_chooses_one_of_the_units_that_are_alike(measured, browser):
    with watched(browser, measured) as view:
        view.select_option("#colour", label="branch / stream")
        view.locator(".pick").nth(1).locator(".cell").nth(1).click()
        assert chosen(view) == paths()[2]


def test_keys_alone_reach_every_unit(measured, browser):
    with watched(browser, measured) as view:
        view.locator(".picture").focus()
        view.keyboard.press("Tab")
        view.keyboard.press("Enter")
        assert chosen(view) == paths()[0]
        view.keyboard.press("Tab")
        view.keyboard.press(" ")
        assert chosen(view) == paths()[1]
        view.locator("#next").focus()
        seen = [chosen(view)]
        for _ in range(3):  # it stays at the last
            view.keyboard.press("Enter")
            seen.append(chosen(view))
        assert seen == [paths()[1], paths()[2], paths()[3], paths()[3]]
        view.locator("#before").press("Enter")
        assert chosen(view) == paths()[2]


def test_a_finding_leads_to_its_unit_and_shows_it(measured, browser):
    with watched(browser, measured, viewport={"width": 800, "height": 300}) as view:
        place = view.locator(".level .place", has_text="add").first
        place.click()
        assert chosen(view) == paths()[3]
        on = view.locator(".pick.on").bounding_box()
        assert 0 <= on["y"] <= 300


def test_findings_can_be_filtered_and_explained(measured, browser):
    with watched(browser, measured) as view:
        warnings = view.locator("[data-level='warning']")
        assert warnings.is_visible()
        view.locator("[data-filter='warning']").uncheck()
        assert not warnings.is_visible()
        view.locator("[data-filter='warning']").check()
        why = warnings.locator("details").first
        assert not why.locator("p").first.is_visible()
        why.locator("summary").click()
        assert "Why is this bad?" in why.inner_text()


def test_the_table_is_sorted_both_ways_with_gaps_last(tmp_path, browser, data):
    page = kr.inspect(small(), tmp_path / "page.html", data=data)
    text = page.read_text(encoding="utf-8")
    one = re.search(r'data-value="[^"]*">[^<]*</td></tr>', text)
    assert one
    page.write_text(text.replace(one[0], ">–</td></tr>"), encoding="utf-8")
    with watched(browser, page) as view:
        head = view.locator("th", has_text="lesion")
        for direction, sign in [("ascending", 1), ("descending", -1)]:
            head.locator("button").first.click()
            assert head.get_attribute("aria-sort") == direction
            *told, gap = column(view, "lesion")
            assert gap == "–"
            values = [sign * float(value) for value in told]
            assert values == sorted(values)
        view.locator("th", has_text="unit").locator("button").first.click()
        assert column(view, "unit") == sorted(column(view, "unit"))


def test_the_picture_takes_the_colours_of_a_measure(measured, browser, data):
    fills = "[...document.querySelectorAll('.cell')].map(c => c.style.fill)"
    with watched(browser, measured) as view:
        assert set(view.evaluate(fills)) == {""}
        view.select_option("#colour", label="branch / stream")
        first = view.evaluate(fills)
        low, high = view.locator("#legend").inner_text().split()
        values = [float(value) for value in column(view, "branch / stream")]
        assert float(low) == pytest.approx(min(values), rel=1e-2)
        assert float(high) == pytest.approx(max(values), rel=1e-2)
        assert "rgb(68, 1, 84)" in colour_of(view, int(np.argmin(values)))
        view.select_option("#colour", label="cosine")
        assert view.evaluate(fills) != first
        view.select_option("#colour", label="nothing")
        assert set(view.evaluate(fills)) == {""}


def colour_of(view, unit):
    """Returns the computed colour of a unit's cell, mixed down to numbers."""
    paint = """unit => {
      const cell = document.querySelectorAll('.cell')[unit];
      const canvas = document.createElement('canvas').getContext('2d');
      canvas.fillStyle = getComputedStyle(cell).fill;
      canvas.fillRect(0, 0, 1, 1);
      return 'rgb(' + [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
        .join(', ') + ')';
    }"""
    return view.evaluate(paint, unit)


@pytest.mark.parametrize("pointer", ["mouse", "finger", "key"])
def test_each_column_says_what_it_is(measured, browser, pointer):
    with watched(browser, measured, has_touch=True) as view:
        note, asked = view.locator("#definition"), view.locator("th .ask").nth(1)
        assert view.locator("th .ask").count() == 8
        asked.scroll_into_view_if_needed()
        ask = {"mouse": asked.hover, "finger": asked.tap}
        ask.get(pointer, lambda: asked.press("Enter"))()
        assert definitions()["cosine"].meaning in note.inner_text()
        assert "y = x + F" in note.inner_text()
        box = note.bounding_box()
        assert 0 <= box["x"] <= 1280 - box["width"]
        view.keyboard.press("Escape")
        assert not note.is_visible()


def test_columns_are_defined_beside_choices_and_numbers_too(measured, browser):
    with watched(browser, measured) as view:
        colour = view.locator(".defined[data-of=colour] .ask")
        assert colour.count() == 0
        view.select_option("#colour", label="influence")
        colour.hover()
        meaning = definitions()["influence"].meaning
        assert meaning in view.locator("#definition").inner_text()
        view.mouse.move(0, 0)
        assert not view.locator("#definition").is_visible()
        view.locator("#next").click()
        assert view.locator("#unit .ask").count() == 8


def test_the_colours_stay_in_sight_beside_a_tall_picture(measured, browser):
    size = {"width": 1280, "height": 300}
    with watched(browser, measured, viewport=size) as view:
        view.select_option("#colour", label="influence")
        view.evaluate("document.querySelector('.structure').scrollIntoView()")
        assert 0 <= view.locator("#legend").bounding_box()["y"] <= 40


def test_a_picture_that_goes_on_says_so(measured, browser):
    with watched(browser, measured, viewport={"width": 300, "height": 2000}) as view:
        until(view, "!document.getElementById('hint').hidden")
        assert "sideways" in view.locator("#hint").inner_text()
        frame = view.locator(".picture")
        assert frame.evaluate("it => it.className") == "card picture on-right"
        frame.evaluate("it => it.scrollTo(9999, 0)")
        until(view, "!!document.querySelector('.picture.on-left:not(.on-right)')")
        view.set_viewport_size({"width": 2000, "height": 2000})
        until(view, "document.getElementById('hint').hidden")


def test_charts_follow_what_is_asked_for(measured, browser):
    title = view_text("measure", ".ytitle")
    bars = "document.querySelector('[data-figure=lesion]').figure.data[0].y"
    with watched(browser, measured) as view:
        view.wait_for_selector("[data-figure='measure'] .ytitle")
        assert view.evaluate(title) == "branch / stream"
        view.select_option("#column", label="cosine")
        until(view, f"{title} === 'cosine'")
        before = view.evaluate(bars)
        view.select_option("#order", label="largest first")
        assert view.evaluate(bars) == sorted(before, reverse=True)
        view.select_option("#order", label="as in the network")
        assert view.evaluate(bars) == before


def view_text(name, words):
    return f"document.querySelector('[data-figure={name}] {words}').textContent"


@pytest.mark.parametrize("order", ["depth", "size"])
def test_a_bar_leads_to_its_unit(measured, browser, order):
    with watched(browser, measured) as view:
        view.select_option("#order", order)
        bar = view.locator("[data-figure='lesion'] .barlayer .point").first
        bar.scroll_into_view_if_needed()
        box = bar.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        view.mouse.move(x, y)
        view.wait_for_selector("[data-figure='lesion'] .hoverlayer .hovertext")
        view.mouse.click(x, y)
        lesions = [float(value) for value in column(view, "lesion")]
        at = 0 if order == "depth" else int(np.argmax(lesions))
        view.wait_for_selector("#unit h3")
        assert chosen(view) == paths()[at]


def test_a_plain_network_without_data_works_too(tmp_path, browser):
    import keras

    inputs = keras.Input((4,), name="x")
    model = keras.Model(inputs, keras.layers.Dense(2, name="dense")(inputs))
    with watched(browser, kr.inspect(model, tmp_path / "page.html")) as view:
        assert view.locator(".picture svg").is_visible()


def test_a_name_that_got_through_would_still_not_run(tmp_path, browser):
    """The second wall: markup in the page has no right to run anything."""
    page = kr.inspect(small(), tmp_path / "page.html")
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("<h1>", f"<h1>{HOSTILE}"), encoding="utf-8")
    with pytest.raises(AssertionError, match="Content Security Policy"):
        look_at(page, browser)


def look_at(page, browser):
    with watched(browser, page) as view:
        until(view, "document.images.length == 1 && document.images[0].complete")
        view.wait_for_timeout(200)
