// How faces are edited: along the local path or the straight axis, and how much other attributes are held.

import { byId } from "./dom.js";

const STRICTNESS = [0, 0.3, 1, 3, 10];
const WORDS = ["not at all", "a little", "normally", "much", "strictly"];

const nearest = (value) => STRICTNESS.reduce((best, one, place) => (Math.abs(one - value) < Math.abs(STRICTNESS[best] - value) ? place : best), 0);

// `choose(choice, done)` gets { method } or { strictness }; a knob that still moves is not done.
export function listenToMethod(choose) {
  byId("method").addEventListener("change", () => choose({ method: byId("method").value }, true));
  const chosen = () => ({ strictness: STRICTNESS[byId("strictness").value] });
  byId("strictness").addEventListener("input", () => choose(chosen(), false));
  byId("strictness").addEventListener("change", () => choose(chosen(), true));
}

export function showMethod(run, state) {
  byId("method-box").hidden = run.methods.length < 2;
  byId("method").value = state.method;
  byId("strictness").value = nearest(state.strictness);
  byId("strictness").disabled = state.method !== "local";
  byId("strictness").setAttribute("aria-valuetext", WORDS[nearest(state.strictness)]);
  byId("strictness-word").textContent = state.method === "local" ? WORDS[nearest(state.strictness)] : "";
}
