// The gallery: saved faces to open and delete.

import { deleteJson, getJson } from "./api.js";
import { createElement } from "./dom.js";

// `open(state)` shows a saved face; `attempt` wraps handlers so that errors are shown.
export function createGallery(list, open, attempt) {
  async function refresh() {
    const { faces } = await getJson("/api/gallery");
    list.replaceChildren(...faces.map(createItem));
  }

  function createItem({ key, title, error }) {
    const picture = createElement("img", { src: `/api/gallery/${key}/picture.png`, alt: `Open ${title || "an untitled face"}` });
    const openButton = createElement("button", { className: "open", type: "button", title: error || "Open" }, picture);
    openButton.addEventListener("click", attempt(async () => open((await getJson(`/api/gallery/${key}`)).state)));
    const deleteButton = createElement("button", { className: "delete", type: "button", textContent: "Delete" });
    deleteButton.setAttribute("aria-label", `Delete ${title || "this face"}`);
    deleteButton.addEventListener("click", attempt(async () => { await deleteJson(`/api/gallery/${key}`); refresh(); }));
    return createElement("li", {}, openButton, title || "untitled", createElement("br"), deleteButton);
  }

  return { refresh: attempt(refresh) };
}
