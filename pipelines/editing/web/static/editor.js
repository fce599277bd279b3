// The page: its state, its history, and what is drawn of them.
// A state says all: { start, second, morph, changes, locks }; the link carries it, the server keeps nothing.

import { Refused, file, get, post, remove } from "./server.js";
import { Sliders } from "./sliders.js";
import { element, plain, save, shown } from "./words.js";

const at = (id) => document.getElementById(id);
const copy = (value) => structuredClone(value);
const page = crypto.getRandomValues(new Uint32Array(4)).join("-");
const GRID_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

let facts, sliders, drawn, current;
let state = fromLink() || fresh(randomSeed());
let good = null; // the last state that was drawn
let history = [], now = -1;
let pending = null, busy = false, tickets = 0;
let damaged = false; // the link that the page was opened with could not be shown

function fresh(seed) { return { start: { seed }, second: null, morph: 0, changes: {}, locks: {} }; }
function randomSeed() { return crypto.getRandomValues(new Uint32Array(1))[0] % 1000000; }

function fromLink() {
  try {
    const read = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    return read && typeof read === "object" && read.start ? { ...fresh(0), ...read } : null;
  } catch { return null; }
}

function complain(error) {
  if (error instanceof Refused && error.superseded) return;
  at("message").textContent = error.message;
  at("message").hidden = false;
}

const tried = (work) => async (...given) => { try { return await work(...given); } catch (error) { complain(error); } };

// Drawing: one request under way, and of those that wait only the newest.
function draw(keep) {
  pending = { state: copy(state), keep: keep || (pending ? pending.keep : false) };
  if (!busy) pump();
}

async function pump() {
  busy = true;
  at("face").setAttribute("aria-busy", "true");
  while (pending) {
    const job = pending;
    pending = null;
    const slow = setTimeout(() => { at("drawing").hidden = false; }, 250);
    try {
      drawn = await post("/api/draw", { state: job.state, page, ticket: ++tickets });
      at("message").hidden = !damaged || good !== null;
      good = job.state;
      if (job.keep) remember(good);
    } catch (error) {
      complain(error);
      if (!pending && good) state = copy(good);
      if (!pending && !good && !damaged) {
        damaged = true;
        state = fresh(randomSeed());
        pending = { state: copy(state), keep: true };
      }
    }
    clearTimeout(slow);
    at("drawing").hidden = true;
    show();
    if (job.keep && !pending) { look(); }
  }
  busy = false;
  at("face").setAttribute("aria-busy", "false");
}

function remember(entry) {
  const text = JSON.stringify(entry);
  if (now < 0 || JSON.stringify(history[now]) !== text) {
    history = [...history.slice(0, now + 1), copy(entry)].slice(-500);
    now = history.length - 1;
  }
  window.history.replaceState(null, "", `#${encodeURIComponent(text)}`);
}

function show() {
  if (!drawn) return;
  compare(at("before").getAttribute("aria-pressed") === "true");
  sliders.show(drawn, state, current);
  const edits = Object.keys(state.changes).length;
  const seed = state.start.seed ?? "a latent of its own";
  at("caption").textContent = `Seed ${seed} · ${edits} edited · ${drawn.degrees.toFixed(1)}° from the start`;
  if (document.activeElement !== at("seed")) at("seed").value = state.start.seed ?? "";
  at("second").value = state.second?.seed ?? "";
  at("morph").value = state.morph;
  at("morph").disabled = !state.second;
  document.querySelector("[data-movement=morph]").disabled = !state.second;
  at("undo").disabled = now <= 0;
  at("redo").disabled = now >= history.length - 1;
  at("reset").disabled = !edits && !Object.keys(state.locks).length;
  at("face").dataset.ticket = drawn.ticket;
}

function compare(before) {
  at("before").setAttribute("aria-pressed", String(before));
  at("badge").hidden = !before;
  if (drawn) at("face").src = before ? drawn.before : drawn.picture;
}

function travel(step) {
  if (!history[now + step]) return;
  now += step;
  state = copy(history[now]);
  draw(true);
}

function face(seed) { state = { ...state, start: { seed } }; hold(); draw(true); }
// Locks hold what they held as a change from the start; on a new face they begin at its own values.
function hold() { for (const name of Object.keys(state.locks)) state.locks[name] = state.changes[name] ?? 0; }

const on = {
  move(name, value, done) { state.changes[name] = value - drawn.start_values[name]; draw(done); },
  step(name, sign) {
    const axis = facts.axes.find((one) => one.name === name);
    const wanted = state.changes[name] ?? drawn.values[name] - drawn.start_values[name];
    state.changes[name] = wanted + sign * axis.step;
    draw(true);
  },
  lock(name) {
    if (name in state.locks) delete state.locks[name];
    else state.locks[name] = state.changes[name] ?? drawn.values[name] - drawn.start_values[name];
    draw(true);
  },
  reset(name) { delete state.changes[name]; draw(true); },
  pick(name) { current = name; },
};

// More pictures: the strip of the current axis and the grid follow once the face has settled.
const look = tried(async () => {
  if (!current) current = facts.axes.find((axis) => axis.name === "Smiling")?.name ?? facts.axes[0].name;
  const axis = facts.axes.find((one) => one.name === current);
  const asked = { state: good, page, ticket: tickets };
  at("strip-title").textContent = `${plain(current)} at seven strengths`;
  const { faces } = await post("/api/strip", { ...asked, axis: current });
  at("strip").replaceChildren(...faces.map((one) => {
    const text = shown(one.reading ?? one.value, axis.unit);
    const open = element("button", { className: "open", type: "button" },
      element("img", { src: one.picture, alt: `${plain(current)} ${text}` }));
    open.disabled = current in state.locks;
    open.addEventListener("click", () => { state.changes[axis.name] = one.change; draw(true); });
    return element("li", {}, open, text);
  }));
  if (at("eight").open) {
    const grid = await post("/api/grid", { ...asked, seeds: GRID_SEEDS });
    at("grid").replaceChildren(...grid.faces.map((one) => {
      const open = element("button", { className: "open", type: "button", title: `Take seed ${one.seed}` },
        element("img", { src: one.picture, alt: `Seed ${one.seed} with the same edit` }));
      open.addEventListener("click", () => face(one.seed));
      return element("li", { title: one.trouble }, open, one.trouble ? `${one.seed}: out of reach` : `${one.seed}`);
    }));
  }
});

const refreshGallery = tried(async () => {
  const { faces } = await get("/api/gallery");
  at("gallery").replaceChildren(...faces.map(({ key, title, trouble }) => {
    const open = element("button", { className: "open", type: "button", title: trouble || "Reopen" },
      element("img", { src: `/api/gallery/${key}/picture.png`, alt: `Reopen ${title || "an untitled face"}` }));
    open.addEventListener("click", tried(async () => { state = (await get(`/api/gallery/${key}`)).state; draw(true); }));
    const gone = element("button", { className: "delete", type: "button", textContent: "Delete" });
    gone.setAttribute("aria-label", `Delete ${title || "this face"}`);
    gone.addEventListener("click", tried(async () => { await remove(`/api/gallery/${key}`); refreshGallery(); }));
    return element("li", {}, open, title || "untitled", element("br"), gone);
  }));
});

function seedOf(field) {
  const text = at(field).value.trim();
  if (!/^\d{1,15}$/.test(text)) throw new Refused(`A seed must be a whole number from 0 up. Got “${text}”.`);
  return Number(text);
}

function second(seed) {
  state = { ...state, second: seed === null ? null : { seed }, morph: seed === null ? 0 : state.morph };
  draw(true);
}

function wire() {
  const click = (id, act) => at(id).addEventListener("click", tried(act));
  const submit = (id, act) => at(id).addEventListener("submit", (event) => { event.preventDefault(); tried(act)(); });
  submit("seed-form", async () => face(seedOf("seed")));
  submit("second-form", async () => second(seedOf("second")));
  click("random", async () => face(randomSeed()));
  click("second-random", async () => second(randomSeed()));
  click("second-none", async () => second(null));
  click("undo", async () => travel(-1));
  click("redo", async () => travel(1));
  click("reset", async () => { state = { ...state, changes: {}, locks: {} }; draw(true); });
  click("before", async () => compare(at("before").getAttribute("aria-pressed") !== "true"));
  click("link", async () => {
    await navigator.clipboard?.writeText(location.href);
    at("status").textContent = "Link copied.";
    at("link").textContent = "Link copied";
    setTimeout(() => { at("link").textContent = "Copy link"; }, 1500);
  });
  const name = () => `${facts.name}-${state.start.seed ?? "face"}`;
  click("png", async () => save(await file("/api/picture.png", { state: good }), `${name()}.png`));
  click("npy", async () => save(await file("/api/latent.npy", { state: good }), `${name()}.npy`));
  click("json", async () => {
    const edit = { run: facts.name, state: good, latent: drawn.latent, values: drawn.values, readings: drawn.readings };
    save(new Blob([JSON.stringify(edit, null, 1)], { type: "application/json" }), `${name()}.json`);
  });
  for (const button of document.querySelectorAll("[data-movement]")) {
    button.addEventListener("click", tried(async () => {
      const format = at("format").value, kind = button.dataset.movement;
      at("drawing").hidden = false;
      try {
        save(await file("/api/movement", { state: good, kind, axis: current, format }), `${name()}-${kind}.${format}`);
      } finally { at("drawing").hidden = true; }
    }));
  }
  at("morph").addEventListener("input", () => { state.morph = Number(at("morph").value); draw(false); });
  at("morph").addEventListener("change", () => draw(true));
  submit("save-form", async () => {
    await post("/api/gallery", { state: good, title: at("title").value });
    at("title").value = "";
    at("status").textContent = "Saved to the gallery.";
    await refreshGallery();
  });
  at("gallery-box").addEventListener("toggle", refreshGallery);
  at("eight").addEventListener("toggle", () => { if (at("eight").open && good) look(); });
  at("search").addEventListener("input", () => { at("nothing").hidden = sliders.find(at("search").value) > 0; });
  const typing = (event) => event.target.matches?.("input:not([type=range]), select");
  document.addEventListener("keydown", (event) => {
    if (typing(event)) return;
    if (event.key.toLowerCase() === "b" && !event.ctrlKey && !event.metaKey && !event.repeat) compare(true);
    if (!(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "z") { event.preventDefault(); travel(event.shiftKey ? 1 : -1); }
    if (key === "y") { event.preventDefault(); travel(1); }
  });
  document.addEventListener("keyup", (event) => { if (!typing(event) && event.key.toLowerCase() === "b") compare(false); });
  window.addEventListener("hashchange", () => { const read = fromLink(); if (read) { state = read; draw(true); } });
}

async function begin() {
  facts = await get("/api/run");
  at("run-name").textContent = facts.name;
  document.title = `${facts.name} · tlgan editor`;
  at("format").replaceChildren(...facts.formats.map((form) => element("option", { value: form, textContent: form.toUpperCase() })));
  sliders = new Sliders(at("groups"), facts, on);
  wire();
  draw(true);
  await refreshGallery();
}

tried(begin)();
