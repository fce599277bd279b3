// The sliders: one row for each axis, in groups.

import { createElement } from "./dom.js";
import { formatValue, readableName } from "./format.js";

export class Sliders {
  // `actions` has move(name, value, done), step(name, sign), lock(name), reset(name).
  constructor(parent, run, actions) {
    this.rows = new Map();
    this.fieldsets = [];
    for (const group of run.slider_groups) {
      const axes = run.axes.filter((axis) => axis.group === group);
      if (!axes.length) continue;
      const fieldset = createElement("fieldset", {}, createElement("legend", { textContent: group }));
      for (const axis of axes) fieldset.append(this.createRow(axis, actions));
      this.fieldsets.push(fieldset);
      parent.append(fieldset);
    }
  }

  createRow(axis, actions) {
    const label = readableName(axis.name);
    const input = createElement("input", { type: "range", step: "any" });
    input.id = `slider-${axis.name}`;
    const name = createElement("label", { className: "name", textContent: label, htmlFor: input.id });
    const score = createElement("span", { className: "score" });
    const createButton = (text, title, action, className = "") => {
      const button = createElement("button", { type: "button", textContent: text, title, className });
      button.setAttribute("aria-label", title);
      button.addEventListener("click", action);
      return button;
    };
    const less = createButton("−", `${label} one step down`, () => actions.step(axis.name, -1));
    const more = createButton("+", `${label} one step up`, () => actions.step(axis.name, 1));
    const reset = createButton("↺", `Reset ${label}`, () => actions.reset(axis.name));
    const lock = createButton("Lock", `Lock ${label}`, () => actions.lock(axis.name), "lock");
    lock.setAttribute("aria-pressed", "false");
    listen(input, axis, actions);
    const controls = createElement("div", { className: "row" }, less, input, more, reset, lock);
    const body = createElement("div", { className: "axis" }, name, score, controls);
    body.dataset.axis = axis.name;
    if (axis.verdict) addVerdict(body, name, axis);
    this.rows.set(axis.name, { axis, body, input, score, less, more, reset, lock });
    return body;
  }

  show(drawn, state, selected) {
    for (const [name, row] of this.rows) {
      const { axis, input } = row;
      const { least, largest } = axis.sliders[state.method];
      const locked = name in state.locks;
      const value = drawn.values[name];
      input.min = Math.min(least, value);
      input.max = Math.max(largest, value);
      if (!input.dataset.held) input.value = value;
      input.disabled = row.less.disabled = row.more.disabled = locked;
      input.setAttribute("aria-valuetext", formatValue(value, axis.unit));
      row.reset.disabled = locked || !(name in state.changes);
      row.lock.setAttribute("aria-pressed", String(locked));
      row.lock.textContent = locked ? "Locked" : "Lock";
      row.body.classList.toggle("edited", name in state.changes);
      row.body.classList.toggle("selected", name === selected);
      const known = drawn.scores[name] !== null;
      const [before, now] = known ? [drawn.start_scores[name], drawn.scores[name]] : [drawn.start_values[name], value];
      row.score.replaceChildren(
        `${known ? "" : "fit "}${formatValue(before, axis.unit)} → `,
        createElement("b", { textContent: formatValue(now, axis.unit) }),
      );
    }
  }

  // Show the sliders whose name or group holds the text; returns how many.
  filter(text) {
    const wanted = text.toLowerCase().trim();
    let found = 0;
    for (const fieldset of this.fieldsets) {
      const group = fieldset.querySelector("legend").textContent.toLowerCase();
      let foundInGroup = 0;
      for (const body of fieldset.querySelectorAll(".axis")) {
        const matches = readableName(body.dataset.axis).toLowerCase().includes(wanted) || group.includes(wanted);
        body.hidden = !matches;
        foundInGroup += matches;
      }
      fieldset.hidden = !foundInGroup;
      found += foundInGroup;
    }
    return found;
  }
}

function listen(input, axis, actions) {
  input.addEventListener("input", () => actions.move(axis.name, Number(input.value), false));
  input.addEventListener("change", () => actions.move(axis.name, Number(input.value), true));
  input.addEventListener("keydown", (event) => {
    const sign = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (sign && !input.disabled) { event.preventDefault(); actions.step(axis.name, sign); }
  });
  // While a slider is held, a late picture must not move it back.
  input.addEventListener("pointerdown", () => { input.dataset.held = "1"; });
  for (const end of ["pointerup", "pointercancel", "blur"]) input.addEventListener(end, () => { delete input.dataset.held; });
}

function addVerdict(body, name, axis) {
  const mark = createElement("button", { type: "button", className: "verdict", textContent: axis.verdict.split(" with ")[0] });
  const text = `${readableName(axis.verdict)}: ${readableName(axis.reason)}`;
  const reason = createElement("p", { className: "reason", id: `reason-${axis.name}`, textContent: text });
  mark.setAttribute("aria-describedby", reason.id);
  body.prepend(createElement("span", {}, name, mark));
  body.append(reason);
}
