// The page of translators: a face or a photograph, as a translator redraws it, and changed.
// What is shown is { translator, source, values }; each request carries all of it.

import { deleteJson, getJson, postFile, postForFile, postJson } from "./api.js";
import { byId, createElement, saveFile } from "./dom.js";
import { readableName } from "./format.js";

const MOST_BYTES = 2 ** 24;
const BEYOND = 1; // of a binary attribute, to either side of 0 and 1

let source; // { state } of the editor, or { photograph: key }
let values = {}; // of the attributes that were changed
let drawn; // the last response to /api/translate
let pending = false, drawing = false;

function showMessage(text, kind) {
  byId("message").textContent = text;
  byId("message").className = kind;
  byId("message").hidden = false;
}

const attempt = (action) => async (...given) => { try { return await action(...given); } catch (error) { showMessage(error.message, "error"); } };

function stateFromLink() {
  try {
    const content = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    return content && typeof content === "object" && content.start ? content : null;
  } catch { return null; }
}

function editedFace() { return { state: stateFromLink() ?? { start: { seed: 1 } } }; }
function request() { return { translator: byId("translator").value, source, values }; }

// One request is under way; of those that wait only the newest is sent.
async function draw() {
  pending = true;
  if (drawing) return;
  drawing = true;
  byId("pictures").setAttribute("aria-busy", "true");
  while (pending) {
    pending = false;
    const wanted = request();
    try {
      const response = await postJson("/api/translate", wanted);
      byId("message").hidden = true;
      show(response, wanted.translator);
    } catch (error) {
      showMessage(error.message, "error");
    }
  }
  drawing = false;
  byId("pictures").setAttribute("aria-busy", "false");
}

function show(response, translator) {
  const isNew = drawn?.translator !== translator;
  drawn = { ...response, translator };
  for (const name of ["original", "redrawn", "changed"]) byId(name).src = drawn[name];
  byId("words").textContent = drawn.words;
  byId("reset").disabled = !Object.keys(values).length;
  byId("close").hidden = !source.photograph;
  if (isNew) byId("conditions").replaceChildren(...drawn.conditions.map(createControl));
  drawn.conditions.forEach(({ name }, place) => {
    if (!(name in values)) showValue(name, drawn.values[place]);
  });
}

function change(name, value) {
  values[name] = value;
  showValue(name, value);
  draw();
}

function createControl(condition) {
  const { name, kind, levels, unit } = condition;
  const label = unit ? `${readableName(name)}, ${unit}` : readableName(name);
  const control = drawn.blends && kind !== "categorical" ? createSlider(condition) : createChoices(condition);
  const box = createElement("fieldset", {}, createElement("legend", { textContent: label }), control);
  box.dataset.condition = name;
  box.dataset.levels = JSON.stringify(levels);
  return box;
}

function createSlider({ name, kind, levels }) {
  const least = levels[0], largest = levels.at(-1), beyond = kind === "binary" ? BEYOND : 0;
  const slider = createElement("input", { type: "range", min: least - beyond, max: largest + beyond, step: (largest - least) / 40 });
  slider.setAttribute("aria-label", readableName(name));
  slider.addEventListener("input", () => change(name, Number(slider.value)));
  return createElement("label", { className: "wide" }, slider, createElement("output", {}));
}

function createChoices({ name, levels }) {
  const buttons = levels.map((level) => {
    const button = createElement("button", { type: "button", textContent: levelText(level) });
    button.dataset.level = level;
    button.addEventListener("click", () => change(name, level));
    return button;
  });
  return createElement("div", { className: "tools" }, ...buttons);
}

const levelText = (level) => String(Math.round(level * 100) / 100);

function showValue(name, value) {
  const box = document.querySelector(`[data-condition="${CSS.escape(name)}"]`);
  const slider = box.querySelector("input"), levels = JSON.parse(box.dataset.levels);
  if (slider) {
    slider.value = value;
    box.querySelector("output").textContent = levelText(value);
  }
  const nearest = levels.reduce((best, level) => (Math.abs(level - value) < Math.abs(best - value) ? level : best));
  for (const button of box.querySelectorAll("button")) button.setAttribute("aria-pressed", String(Number(button.dataset.level) === nearest));
}

async function open(file) {
  if (!file) return;
  if (file.size > MOST_BYTES) {
    showMessage(`A photograph must have at most ${MOST_BYTES / 2 ** 20} MB. Got ${(file.size / 2 ** 20).toFixed(1)}; shrink it.`, "error");
    return;
  }
  const found = await postFile("/api/translate/photographs", file);
  await close();
  source = { photograph: found.key };
  byId("note").textContent = found.note;
  await draw();
}

// Back to the face of the editor.
async function close() {
  if (source.photograph) await deleteJson(`/api/translate/photographs/${source.photograph}`);
  source = editedFace();
  values = {};
  byId("note").textContent = "";
}

function listen() {
  byId("translator").addEventListener("change", () => { values = {}; draw(); });
  byId("reset").addEventListener("click", () => { values = {}; draw(); });
  byId("open-photograph").addEventListener("click", () => byId("photograph-file").click());
  byId("photograph-file").addEventListener("change", attempt(async () => {
    const [file] = byId("photograph-file").files;
    byId("photograph-file").value = "";
    await open(file);
  }));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", attempt(async (event) => {
    event.preventDefault();
    await open(event.dataTransfer?.files[0]);
  }));
  byId("save").addEventListener("click", attempt(async () => {
    saveFile(await postForFile("/api/translate/pasted.png", request()), "translated.png");
  }));
  byId("close").addEventListener("click", attempt(async () => { await close(); await draw(); }));
  window.addEventListener("hashchange", () => { source = editedFace(); values = {}; draw(); });
}

async function begin() {
  const run = await getJson("/api/run");
  byId("run-name").textContent = run.name;
  document.title = `${run.name} · tlgan editor: translate`;
  byId("back").href = `/${location.hash}`;
  byId("translator").replaceChildren(...run.translators.map((name) => createElement("option", { value: name, textContent: name })));
  source = editedFace();
  listen();
  await draw();
}

attempt(begin)();
