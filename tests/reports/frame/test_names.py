"""Names are texts in a figure, whatever markup they hold."""

import json
import re

import plotly.graph_objects as go

from keras_residual.reports.frame import figure

LINK = '<a href="https://elsewhere.example">cat</a>'


def test_no_name_becomes_a_link():
    shown = go.Figure()
    shown.add_heatmap(
        x=[LINK, "dog"],
        y=["a & b", "dog"],
        z=[[1, 2], [3, 4]],
        hovertemplate="%{y}<extra></extra>",
    )
    shown.update_layout(title_text=LINK)
    text = re.search(r">(\{.*\})</script>", figure("names", shown))
    values = json.loads(text[1]) if text else {}
    trace = values["data"][0]
    spelt = LINK.replace("<", "&lt;").replace(">", "&gt;")
    assert trace["x"] == [spelt, "dog"]
    assert trace["y"][0] == "a &amp; b"
    assert values["layout"]["title"]["text"] == spelt
    assert trace["hovertemplate"] == "%{y}<extra></extra>"
