// The sliders: one row for each axis, in groups.

import { element, plain, shown } from "./words.js";

export class Sliders {
  // `on` has move(name, value, done), step(name, sign), lock(name), reset(name), pick(name).
  constructor(place, facts, on) {
    this.rows = new Map();
    this.fieldsets = [];
    for (const group of facts.groups) {
      const axes = facts.axes.filter((axis) => axis.group === group);
      if (!axes.length) continue;
      const fieldset = element("fieldset", {}, element("legend", { textContent: group }));
      for (const axis of axes) fieldset.append(this.row(axis, on));
      this.fieldsets.push(fieldset);
      place.append(fieldset);
    }
  }

  row(axis, on) {
    const label = plain(axis.name);
    const named = element("label", { className: "name", textContent: label });
    const reading = element("span", { className: "reading" });
    const input = element("input", { type: "range", min: axis.least, max: axis.largest, step: "any" });
    input.id = `slider-${axis.name}`;
    named.htmlFor = input.id;
    const button = (text, title, act, className = "") => {
      const made = element("button", { type: "button", textContent: text, title, className });
      made.setAttribute("aria-label", title);
      made.addEventListener("click", () => { on.pick(axis.name); act(); });
      return made;
    };
    const less = button("−", `${label} one step down`, () => on.step(axis.name, -1));
    const more = button("+", `${label} one step up`, () => on.step(axis.name, 1));
    const back = button("↺", `Reset ${label}`, () => on.reset(axis.name));
    const lock = button("Lock", `Lock ${label}`, () => on.lock(axis.name), "lock");
    lock.setAttribute("aria-pressed", "false");
    input.addEventListener("input", () => { on.pick(axis.name); on.move(axis.name, Number(input.value), false); });
    input.addEventListener("change", () => on.move(axis.name, Number(input.value), true));
    input.addEventListener("keydown", (event) => {
      const sign = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (sign && !input.disabled) { event.preventDefault(); on.pick(axis.name); on.step(axis.name, sign); }
    });
    input.addEventListener("pointerdown", () => { input.dataset.held = "1"; });
    for (const end of ["pointerup", "pointercancel", "blur"]) input.addEventListener(end, () => { delete input.dataset.held; });
    const body = element("div", { className: "axis" }, named, reading, element("div", { className: "row" }, less, input, more, back, lock));
    body.dataset.axis = axis.name;
    if (axis.verdict) {
      const mark = element("button", { type: "button", className: "mark", textContent: axis.verdict.split(" with ")[0] });
      const why = element("p", { className: "why", id: `why-${axis.name}`, textContent: `${plain(axis.verdict)}: ${plain(axis.reason)}` });
      mark.setAttribute("aria-describedby", why.id);
      named.after(mark);
      const head = element("span", {}, named, mark);
      body.prepend(head);
      body.append(why);
    }
    this.rows.set(axis.name, { axis, body, input, reading, less, more, back, lock });
    return body;
  }

  show(drawn, state, current) {
    for (const [name, row] of this.rows) {
      const { axis, input } = row;
      const locked = name in state.locks;
      const value = drawn.values[name];
      input.min = Math.min(axis.least, value);
      input.max = Math.max(axis.largest, value);
      if (!input.dataset.held) input.value = value;
      input.disabled = row.less.disabled = row.more.disabled = locked;
      input.setAttribute("aria-valuetext", shown(value, axis.unit));
      row.back.disabled = locked || !(name in state.changes);
      row.lock.setAttribute("aria-pressed", String(locked));
      row.lock.textContent = locked ? "Locked" : "Lock";
      row.body.classList.toggle("edited", name in state.changes);
      row.body.classList.toggle("current", name === current);
      const known = drawn.readings[name] !== null;
      const [before, now] = known ? [drawn.start_readings[name], drawn.readings[name]] : [drawn.start_values[name], value];
      row.reading.replaceChildren(
        `${known ? "" : "fit "}${shown(before, axis.unit)} → `, element("b", { textContent: shown(now, axis.unit) }),
      );
    }
  }

  find(text) {
    const words = text.toLowerCase().trim();
    let found = 0;
    for (const fieldset of this.fieldsets) {
      const group = fieldset.querySelector("legend").textContent.toLowerCase();
      let here = 0;
      for (const body of fieldset.querySelectorAll(".axis")) {
        const fits = plain(body.dataset.axis).toLowerCase().includes(words) || group.includes(words);
        body.hidden = !fits;
        here += fits;
      }
      fieldset.hidden = !here;
      found += here;
    }
    return found;
  }
}
