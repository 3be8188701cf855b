(() => {
  const { asking } = globalThis;
  const known = JSON.parse(document.getElementById("inspection").textContent);
  const one = (id) => document.getElementById(id);
  const all = (words) => [...document.querySelectorAll(words)];
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const make = (name, text, parts = []) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    made.append(...parts);
    return made;
  };
  let chosen = -1;

  /* The chosen unit. */

  function listed(title, path) {
    const items = path.map((index) => {
      if (index < 0) return make("li", "and more");
      const [name, said, shape] = known.ops[index];
      return make("li", "", [
        make("code", name),
        " " + said + " ",
        make("small", shape),
      ]);
    });
    return path.length ? [make("h4", title), make("ol", "", items)] : [];
  }

  function pairs(values) {
    return make(
      "dl",
      "",
      values.flatMap(([name, value, parts]) => [
        make("dt", name, parts),
        make("dd", value),
      ]),
    );
  }

  const told = (value) => value === null ? "–" : String(Number(value.toPrecision(4)));

  function described(unit) {
    const { path, facts, branches, shortcut, after, findings, verdicts } =
      known.units[unit];
    const numbers = known.columns.map((column) => [
      column.title,
      told(column.values[unit]),
      [asking(column)],
    ]);
    const many = branches.length > 1;
    const found = findings.map((k) => {
      const [level, code, message] = known.findings[k];
      const mark = make("b", code);
      mark.className = level;
      return make("li", "", [mark, " " + message]);
    });
    const words = verdicts.map(([word, reason]) =>
      make("li", "", [make("b", word), ": " + reason])
    );
    return [
      make("h3", "", [make("code", path)]),
      pairs(facts),
      ...branches.flatMap((ops, k) => listed(many ? `Branch ${k + 1}` : "Branch", ops)),
      ...listed("Shortcut", shortcut),
      ...listed("After the merge", after),
      ...(found.length ? [make("h4", "Findings"), make("ul", "", found)] : []),
      ...(numbers.length ? [make("h4", "Measures"), pairs(numbers)] : []),
      ...(words.length ? [make("ul", "", words)] : []),
    ];
  }

  function choose(unit, { show = false } = {}) {
    if (!(unit in known.units)) return;
    chosen = unit;
    one("unit").replaceChildren(...described(unit));
    one("place").textContent = `unit ${unit + 1} of ${known.units.length}`;
    for (const row of all("tr[data-row]")) {
      row.classList.toggle("on", Number(row.dataset.row) === unit);
    }
    for (const pick of picks) {
      const on = pick.units.includes(unit);
      pick.classList.toggle("on", on);
      pick.setAttribute("aria-pressed", on);
      pick.cells.forEach((cell, k) =>
        cell.classList.toggle(
          "on",
          on && pick.units.length > 1 && pick.units[k] === unit,
        )
      );
      if (on && show) {
        pick.scrollIntoView({
          block: "center",
          inline: "center",
          behavior: calm ? "auto" : "smooth",
        });
      }
    }
  }

  /* The picture. */

  const frame = document.querySelector(".picture");

  function hint() {
    const wide = frame.scrollWidth > frame.clientWidth + 1;
    const tall = frame.scrollHeight > frame.clientHeight + 1;
    const ways = [...(wide ? ["sideways"] : []), ...(tall ? ["down"] : [])];
    one("hint").hidden = !ways.length;
    one("hint").textContent = `The picture goes on: scroll it ${ways.join(" and ")}.`;
    const left = frame.scrollWidth - frame.clientWidth - frame.scrollLeft;
    frame.classList.toggle("on-left", frame.scrollLeft > 1);
    frame.classList.toggle("on-right", left > 1);
  }
  new ResizeObserver(hint).observe(frame);
  frame.addEventListener("scroll", hint, { passive: true });

  const picks = all(".pick");
  for (const pick of picks) {
    pick.units = pick.dataset.units.split(" ").map(Number);
    pick.cells = [...pick.querySelectorAll(".cell")];
    const first = () => choose(pick.units.includes(chosen) ? chosen : pick.units[0]);
    pick.addEventListener("click", (event) => {
      const at = pick.cells.indexOf(event.target);
      if (at < 0) first();
      else choose(pick.units[at]);
    });
    pick.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      first();
    });
  }

  function ramp(at) {
    const place = at * (known.ramp.length - 1), low = Math.floor(place);
    const high = Math.min(low + 1, known.ramp.length - 1);
    const share = Math.round((place - low) * 100);
    return `color-mix(in srgb, ${known.ramp[high]} ${share}%, ${known.ramp[low]})`;
  }

  function colourBy(column) {
    const values = column ? column.values : [];
    const finite = values.filter((value) => value !== null);
    const low = Math.min(...finite), high = Math.max(...finite);
    for (const pick of picks) {
      pick.cells.forEach((cell, k) => {
        const value = values[pick.units[k]];
        const at = high > low ? (value - low) / (high - low) : .5;
        cell.classList.toggle("none", value === null);
        cell.style.fill = value == null ? "" : ramp(at);
      });
    }
    const bar = make("i");
    bar.style.background = `linear-gradient(to right, ${known.ramp.join(",")})`;
    one("legend").replaceChildren(
      ...(finite.length ? [told(low), bar, told(high)] : column ? ["no value"] : []),
    );
  }

  /* Figures: what is shown of them is chosen here, how it looks is the frame's. */

  const placeOf = (name) => document.querySelector(`[data-figure="${name}"]`);

  function chart(column) {
    const place = placeOf("measure");
    place.figure.data[0].y = column.values;
    place.figure.layout.yaxis.title.text = column.title;
    drawFigure(place);
  }

  function order(bySize) {
    const place = placeOf("lesion"), bars = place.figure.data[0];
    const values = known.columns.find((column) => column.name === "lesion").values;
    const numbers = values.map((_, k) => k);
    const worth = (k) => values[k] ?? -Infinity;
    if (bySize) numbers.sort((a, b) => worth(b) - worth(a));
    bars.y = numbers.map((k) => values[k]);
    bars.x = numbers.map((k) => bySize ? String(k + 1) : k + 1);
    bars.customdata = numbers.map((k) => names[k]);
    const { tick0, dtick } = axis, place0 = [-.5, numbers.length - .5];
    Object.assign(
      place.figure.layout.xaxis,
      bySize
        ? { type: "category", tick0: 0, dtick: 1, range: place0 }
        : { type: "linear", tick0, dtick, range: axis.range },
    );
    drawFigure(place);
  }

  const names = placeOf("lesion")?.figure.data[0].customdata;
  const axis = { ...placeOf("lesion")?.figure.layout.xaxis };
  for (const name of ["measure", "lesion"]) {
    placeOf(name)?.on(
      "plotly_click",
      (event) => choose(Number(event.points[0].x) - 1, { show: true }),
    );
  }

  /* The table and the findings. */

  function sort(head) {
    const table = head.closest("table"), at = head.cellIndex;
    const up = head.getAttribute("aria-sort") !== "ascending";
    const key = (row) => {
      const cell = row.cells[at];
      if (!cell.classList.contains("number")) return cell.textContent;
      return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
    };
    const compare = (a, b) => typeof a === "string" ? a.localeCompare(b) : a - b;
    const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
    rows.sort(([a], [b]) =>
      a === null || b === null
        ? (a === null) - (b === null)
        : (up ? 1 : -1) * compare(a, b)
    );
    table.tBodies[0].append(...rows.map(([, row]) => row));
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
  }

  for (const head of all("[data-column]")) {
    head.append(asking(known.columns[head.dataset.column]));
  }
  for (const place of all(".defined")) {
    const choice = one(place.dataset.of);
    const show = () => {
      const column = known.columns[choice.value];
      place.replaceChildren(...(choice.value === "" ? [] : [asking(column)]));
    };
    choice.addEventListener("change", show);
    show();
  }
  for (const head of all("th")) {
    head.querySelector("button")?.addEventListener("click", () => sort(head));
  }
  for (const place of all(".place")) {
    place.addEventListener(
      "click",
      () => choose(Number(place.dataset.unit), { show: true }),
    );
  }
  for (const box of all("[data-filter]")) {
    box.addEventListener("change", () => {
      for (const level of all(`[data-level="${box.dataset.filter}"]`)) {
        level.hidden = !box.checked;
      }
    });
  }
  one("colour")?.addEventListener(
    "change",
    (event) => colourBy(known.columns[event.target.value]),
  );
  one("column")?.addEventListener(
    "change",
    (event) => chart(known.columns[event.target.value]),
  );
  one("order")?.addEventListener(
    "change",
    (event) => order(event.target.value === "size"),
  );
  one("before")?.addEventListener(
    "click",
    () => choose(Math.max(0, chosen - 1), { show: true }),
  );
  one("next")?.addEventListener(
    "click",
    () => choose(Math.min(chosen + 1, known.units.length - 1), { show: true }),
  );
})();
