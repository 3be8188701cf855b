/* What a column is: where one points at it, taps it, or reaches it with a key. */
globalThis.asking = (() => {
  const make = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };
  const note = make("div", "");
  note.popover = "auto";
  note.id = "definition";
  document.body.append(note);

  let asked = null;

  function define(place, { title, meaning, watch, symbols }) {
    note.replaceChildren(
      make("b", title),
      make("p", meaning),
      make("p", `Look out: ${watch}.`),
      make("small", symbols),
    );
    asked = place;
    note.showPopover();
    beside();
  }

  function beside() {
    if (!note.matches(":popover-open")) return;
    const at = asked.getBoundingClientRect();
    const { width, height } = note.getBoundingClientRect();
    const below = at.bottom + 6 + height < innerHeight;
    note.style.top = `${Math.max(8, below ? at.bottom + 6 : at.top - 6 - height)}px`;
    note.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  }

  function mark(column) {
    const made = make("button", "?");
    made.type = "button";
    made.className = "ask";
    made.setAttribute("aria-label", `What is ${column.title}?`);
    let held = false;
    made.addEventListener("click", () => {
      held = true;
      define(made, column);
    });
    made.addEventListener("pointerenter", (event) => {
      held = false;
      if (event.pointerType === "mouse") define(made, column);
    });
    made.addEventListener("pointerleave", () => held || note.hidePopover());
    return made;
  }

  addEventListener("scroll", beside, { capture: true, passive: true });
  return mark;
})();
