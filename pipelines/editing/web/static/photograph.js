// A photograph that was opened: its face, what the generator draws of it, and the edit, side by side.

import { deleteJson, postFile, postForFile, postJson } from "./api.js";
import { byId, saveFile } from "./dom.js";

const MOST_BYTES = 2 ** 24;

// `show(latent)` shows the face found; `current()` is the state on the page; `message(text, kind)` tells.
export function createPhotograph({ show, current, message, attempt, enabled }) {
  let opened = null; // the server's response, with its key
  let opening = false;

  const isOf = (state) => opened !== null && state?.start.latent === opened.latent && !state.second;

  function showDistance(id, { identity_distance: distance, same_person: same }) {
    const known = distance !== null;
    byId(id).textContent = known ? ` ${distance.toFixed(3)}` : "";
    byId(id).className = !known || same === null ? "" : same ? "same" : "other";
  }

  async function open(file) {
    if (!enabled || opening || !file) return;
    if (file.size > MOST_BYTES) {
      message(`A photograph must have at most ${MOST_BYTES / 2 ** 20} MB. Got ${(file.size / 2 ** 20).toFixed(1)}; shrink it.`, "error");
      return;
    }
    opening = true;
    byId("open-photograph").disabled = true;
    message("Looking for the face and its latent; this takes up to a minute. The photograph stays on this machine.", "note");
    try {
      const found = await postFile("/api/photographs", file);
      await close();
      opened = found;
      byId("photograph-original").src = opened.original;
      byId("photograph-reconstruction").src = byId("photograph-edit").src = opened.reconstruction;
      byId("photograph-words").textContent = `${opened.likeness.text} ${opened.note}`;
      showDistance("reconstruction-distance", opened.likeness);
      showDistance("edit-distance", opened.likeness);
      byId("photograph-box").hidden = false;
      byId("message").hidden = true;
      show(opened.latent);
    } finally {
      opening = false;
      byId("open-photograph").disabled = false;
    }
  }

  async function close() {
    byId("photograph-box").hidden = true;
    if (opened) await deleteJson(`/api/photographs/${opened.key}`);
    opened = null;
  }

  // The trio is shown while the page shows the photograph's face.
  async function compare(state) {
    byId("photograph-box").hidden = !isOf(state);
    if (!isOf(state)) return;
    const { edit, likeness } = await postJson(`/api/photographs/${opened.key}/edit`, { state });
    byId("photograph-edit").src = edit;
    showDistance("edit-distance", likeness);
    byId("photograph-words").textContent = `${likeness.text} ${opened.note}`;
  }

  byId("open-photograph").hidden = !enabled;
  byId("open-photograph").addEventListener("click", () => byId("photograph-file").click());
  byId("photograph-file").addEventListener("change", attempt(async () => {
    const [file] = byId("photograph-file").files;
    byId("photograph-file").value = "";
    await open(file);
  }));
  document.addEventListener("dragover", (event) => { if (enabled) event.preventDefault(); });
  document.addEventListener("drop", attempt(async (event) => {
    event.preventDefault();
    await open(event.dataTransfer?.files[0]);
  }));
  byId("photograph-pasted").addEventListener("click", attempt(async () => {
    saveFile(await postForFile(`/api/photographs/${opened.key}/pasted.png`, { state: current() }), "photograph-edited.png");
  }));
  byId("photograph-close").addEventListener("click", attempt(close));

  return { compare, isOf };
}
