// The page: its state, its history, and how they are drawn.
// The state is the whole edit: { start, second, morph, changes, locks, method, strictness }. The link carries it; the
// server stores nothing.

import { RequestError, getJson, postForFile, postJson } from "./api.js";
import { byId, createElement, saveFile } from "./dom.js";
import { formatValue, readableName } from "./format.js";
import { createGallery } from "./gallery.js";
import { listenToMethod, showMethod } from "./method.js";
import { createPhotograph } from "./photograph.js";
import { Sliders } from "./sliders.js";

const copy = (value) => structuredClone(value);
const page = crypto.getRandomValues(new Uint32Array(4)).join("-");
const GRID_SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const MOST_HISTORY = 500;

let run, sliders, gallery, photograph; // the run that the server describes, and parts of the page
let drawn; // the last response to /api/draw
let selected; // name of the axis last touched
let state = stateFromLink();
let drawnState = null; // the state of `drawn`
let history = [], position = -1;
let pending = null, drawing = false, tickets = 0;
let linkDamaged = false; // the link that the page was opened with could not be shown

// Links and saved faces from before there was a choice have no method: their edits are straight.
function completeState(content) { return { second: null, morph: 0, changes: {}, locks: {}, method: "straight", strictness: 1, ...content }; }
function newState(seed) { return completeState({ start: { seed }, method: run.methods[0] }); }
function randomSeed() { return crypto.getRandomValues(new Uint32Array(1))[0] % 1000000; }
// The seed of a random face: of several seeds the best, where the server has a discriminator to choose by.
async function chosenSeed() {
  if (run.best_of === 1) return randomSeed();
  const seeds = Array.from({ length: run.best_of }, randomSeed);
  return (await postJson("/api/best-seed", { seeds })).seed;
}
function axisNamed(name) { return run.axes.find((axis) => axis.name === name); }
function presentChange(name) { return state.changes[name] ?? drawn.values[name] - drawn.start_values[name]; }

function stateFromLink() {
  try {
    const content = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    return content && typeof content === "object" && content.start ? completeState(content) : null;
  } catch { return null; }
}

function showError(error) {
  if (error instanceof RequestError && error.superseded) return;
  showMessage(error.message, "error");
}

function showMessage(text, kind) {
  byId("message").textContent = text;
  byId("message").className = kind;
  byId("message").hidden = false;
}

const attempt = (action) => async (...given) => { try { return await action(...given); } catch (error) { showError(error); } };

// Drawing: one request under way, and of those that wait only the newest. `done` states enter the history.
function draw(done) {
  pending = { state: copy(state), done: done || (pending ? pending.done : false) };
  if (!drawing) drawPending();
}

async function drawPending() {
  drawing = true;
  byId("face").setAttribute("aria-busy", "true");
  while (pending) {
    const wanted = pending;
    pending = null;
    const slow = setTimeout(() => { byId("drawing").hidden = false; }, 250);
    try {
      drawn = await postJson("/api/draw", { state: wanted.state, page, ticket: ++tickets });
      byId("message").hidden = !linkDamaged || drawnState !== null;
      if (drawn.stopped) keepReached(wanted);
      drawnState = wanted.state;
      if (wanted.done) addToHistory(drawnState);
    } catch (error) {
      showError(error);
      restoreState();
    }
    clearTimeout(slow);
    byId("drawing").hidden = true;
    show();
    if (wanted.done && !pending) drawMore();
  }
  drawing = false;
  byId("face").setAttribute("aria-busy", "false");
}

// An edit that stops early is kept as far as it came, and told.
function keepReached(wanted) {
  const reached = Object.keys(wanted.state.changes).map((name) => [name, drawn.values[name] - drawn.start_values[name]]);
  const isPresent = JSON.stringify(state) === JSON.stringify(wanted.state);
  wanted.state = { ...wanted.state, changes: Object.fromEntries(reached) };
  if (isPresent) state = copy(wanted.state);
  showMessage(drawn.stopped, "note");
}

// After a refused edit: back to the last face, or to a random one where the link itself could not be shown.
function restoreState() {
  if (pending) return;
  if (drawnState) {
    state = copy(drawnState);
  } else if (!linkDamaged) {
    linkDamaged = true;
    state = newState(randomSeed());
    pending = { state: copy(state), done: true };
  }
}

function addToHistory(entry) {
  const text = JSON.stringify(entry);
  if (position < 0 || JSON.stringify(history[position]) !== text) {
    history = [...history.slice(0, position + 1), copy(entry)].slice(-MOST_HISTORY);
    position = history.length - 1;
  }
  window.history.replaceState(null, "", `#${encodeURIComponent(text)}`);
}

function moveInHistory(step) {
  if (!history[position + step]) return;
  position += step;
  state = copy(history[position]);
  draw(true);
}

function show() {
  if (!drawn) return;
  showFace(byId("before").getAttribute("aria-pressed") === "true");
  sliders.show(drawn, state, selected);
  const edits = Object.keys(state.changes).length;
  const seed = state.start.seed === undefined ? (photograph.isOf(state) ? "Face of the photograph" : "Face of a latent") : `Seed ${state.start.seed}`;
  byId("caption").textContent = `${seed} · ${edits} edited · ${drawn.degrees.toFixed(1)}° from the start`;
  if (document.activeElement !== byId("seed")) byId("seed").value = state.start.seed ?? "";
  byId("second").value = state.second?.seed ?? "";
  byId("morph").value = state.morph;
  showMethod(run, state);
  byId("morph").disabled = !state.second;
  document.querySelector("[data-animation=morph]").disabled = !state.second;
  byId("undo").disabled = position <= 0;
  byId("redo").disabled = position >= history.length - 1;
  byId("reset").disabled = !edits && !Object.keys(state.locks).length;
  byId("face").dataset.ticket = drawn.ticket;
  byId("translate").href = `/translate#${encodeURIComponent(JSON.stringify(drawnState))}`;
}

function showFace(before) {
  byId("before").setAttribute("aria-pressed", String(before));
  byId("before-label").hidden = !before;
  if (drawn) byId("face").src = before ? drawn.before : drawn.picture;
}

// The face of an opened photograph, as it is: the edits of another face would hide how near it came.
function showLatent(latent) {
  state = { ...newState(0), start: { latent } };
  draw(true);
}

// A lock is a change from the start; on a new face each attribute is locked at that face's own value.
function showSeed(seed) {
  state = { ...state, start: { seed } };
  for (const name of Object.keys(state.locks)) state.locks[name] = state.changes[name] ?? 0;
  draw(true);
}

function showSecond(seed) {
  state = { ...state, second: seed === null ? null : { seed }, morph: seed === null ? 0 : state.morph };
  draw(true);
}

// What the controls of an axis do; the axis is then the selected one.
const sliderActions = {
  move(name, value, done) { changeAxis(name, value - drawn.start_values[name], done); },
  step(name, sign) { changeAxis(name, presentChange(name) + sign * axisNamed(name).sliders[state.method].step, true); },
  reset(name) { changeAxis(name, undefined, true); },
  lock(name) {
    selected = name;
    if (name in state.locks) delete state.locks[name];
    else state.locks[name] = presentChange(name);
    draw(true);
  },
};

function changeAxis(name, change, done) {
  selected = name;
  if (change === undefined) delete state.changes[name];
  else state.changes[name] = change;
  draw(done);
}

// The strip of the selected axis and the grid are drawn once the face has settled.
const drawMore = attempt(async () => {
  if (!selected) selected = axisNamed("Smiling")?.name ?? run.axes[0].name;
  const content = { state: drawnState, page, ticket: tickets };
  await photograph.compare(drawnState);
  await drawStrip(axisNamed(selected), content);
  if (byId("grid-box").open) await drawGrid(content);
});

async function drawStrip(axis, content) {
  byId("strip-title").textContent = `${readableName(axis.name)} at seven strengths`;
  const { faces } = await postJson("/api/strip", { ...content, axis: axis.name });
  byId("strip").replaceChildren(...faces.map((face) => {
    const text = formatValue(face.score ?? face.value, axis.unit);
    const picture = createElement("img", { src: face.picture, alt: `${readableName(axis.name)} ${text}` });
    const button = createElement("button", { className: "open", type: "button" }, picture);
    button.disabled = axis.name in state.locks;
    button.addEventListener("click", () => { state.changes[axis.name] = face.change; draw(true); });
    return createElement("li", face.stopped ? { className: "stopped", title: `As far as it goes: ${face.stopped}` } : {}, button, text);
  }));
}

async function drawGrid(content) {
  const { faces } = await postJson("/api/grid", { ...content, seeds: GRID_SEEDS });
  byId("grid").replaceChildren(...faces.map(({ seed, picture, error, stopped }) => {
    const button = createElement("button", { className: "open", type: "button", title: `Show seed ${seed}` },
      createElement("img", { src: picture, alt: `Seed ${seed} with the same edit` }));
    button.addEventListener("click", () => showSeed(seed));
    const note = (error && ": out of reach") || (stopped && ": stops early");
    return createElement("li", { title: error || stopped }, button, `${seed}${note}`);
  }));
}

function readSeed(field) {
  const text = byId(field).value.trim();
  if (!/^\d{1,15}$/.test(text)) throw new RequestError(`A seed must be a whole number from 0 up. Got “${text}”.`);
  return Number(text);
}

const onClick = (id, action) => byId(id).addEventListener("click", attempt(action));
const onSubmit = (id, action) => byId(id).addEventListener("submit", (event) => { event.preventDefault(); attempt(action)(); });

function listenToFaces() {
  onSubmit("seed-form", async () => showSeed(readSeed("seed")));
  onSubmit("second-form", async () => showSecond(readSeed("second")));
  if (run.best_of > 1) byId("random").title = `The best of ${run.best_of} random faces, by the discriminator's score`;
  onClick("random", async () => showSeed(await chosenSeed()));
  onClick("second-random", async () => showSecond(await chosenSeed()));
  onClick("second-none", async () => showSecond(null));
  byId("morph").addEventListener("input", () => { state.morph = Number(byId("morph").value); draw(false); });
  byId("morph").addEventListener("change", () => draw(true));
  onClick("undo", async () => moveInHistory(-1));
  onClick("redo", async () => moveInHistory(1));
  onClick("reset", async () => { state = { ...state, changes: {}, locks: {} }; draw(true); });
  onClick("before", async () => showFace(byId("before").getAttribute("aria-pressed") !== "true"));
  byId("grid-box").addEventListener("toggle", () => { if (byId("grid-box").open && drawnState) drawMore(); });
  byId("search").addEventListener("input", () => { byId("nothing").hidden = sliders.filter(byId("search").value) > 0; });
  window.addEventListener("hashchange", () => { const linked = stateFromLink(); if (linked) { state = linked; draw(true); } });
}

function listenToFiles() {
  onClick("link", async () => {
    await navigator.clipboard?.writeText(location.href);
    byId("status").textContent = "Link copied.";
    byId("link").textContent = "Link copied";
    setTimeout(() => { byId("link").textContent = "Copy link"; }, 1500);
  });
  const fileName = () => `${run.name}-${state.start.seed ?? "face"}`;
  onClick("png", async () => saveFile(await postForFile("/api/picture.png", { state: drawnState }), `${fileName()}.png`));
  onClick("npy", async () => saveFile(await postForFile("/api/latent.npy", { state: drawnState }), `${fileName()}.npy`));
  onClick("json", async () => {
    // "readings" is the name of the scores in such files, old and new.
    const edit = { run: run.name, state: drawnState, latent: drawn.latent, values: drawn.values, readings: drawn.scores };
    saveFile(new Blob([JSON.stringify(edit, null, 1)], { type: "application/json" }), `${fileName()}.json`);
  });
  for (const button of document.querySelectorAll("[data-animation]")) {
    button.addEventListener("click", attempt(async () => {
      const format = byId("format").value, kind = button.dataset.animation;
      byId("drawing").hidden = false;
      try {
        const animation = await postForFile("/api/animation", { state: drawnState, kind, axis: selected, format });
        saveFile(animation, `${fileName()}-${kind}.${format}`);
      } finally { byId("drawing").hidden = true; }
    }));
  }
  onSubmit("save-form", async () => {
    await postJson("/api/gallery", { state: drawnState, title: byId("title").value });
    byId("title").value = "";
    byId("status").textContent = "Saved to the gallery.";
    await gallery.refresh();
  });
  byId("gallery-box").addEventListener("toggle", gallery.refresh);
}

function listenToKeys() {
  const typing = (event) => event.target.matches?.("input:not([type=range]), select");
  document.addEventListener("keydown", (event) => {
    if (typing(event)) return;
    const key = event.key.toLowerCase(), control = event.ctrlKey || event.metaKey;
    if (key === "b" && !control && !event.repeat) showFace(true);
    if (!control) return;
    if (key === "z") { event.preventDefault(); moveInHistory(event.shiftKey ? 1 : -1); }
    if (key === "y") { event.preventDefault(); moveInHistory(1); }
  });
  document.addEventListener("keyup", (event) => { if (!typing(event) && event.key.toLowerCase() === "b") showFace(false); });
}

async function begin() {
  run = await getJson("/api/run");
  state ??= newState(await chosenSeed());
  byId("run-name").textContent = run.name;
  document.title = `${run.name} · tlgan editor`;
  byId("format").replaceChildren(...run.formats.map((form) => createElement("option", { value: form, textContent: form.toUpperCase() })));
  sliders = new Sliders(byId("slider-groups"), run, sliderActions);
  byId("not-evaluated").textContent = run.note;
  byId("not-evaluated").hidden = !run.note;
  byId("translate").hidden = !run.translators.length;
  gallery = createGallery(byId("gallery"), (saved) => { state = completeState(saved); draw(true); }, attempt);
  photograph = createPhotograph({ show: showLatent, current: () => drawnState, message: showMessage, attempt, enabled: run.photographs });
  listenToMethod((choice, done) => { state = { ...state, ...choice }; draw(done); });
  listenToFaces();
  listenToFiles();
  listenToKeys();
  draw(true);
  await gallery.refresh();
}

attempt(begin)();
