// Elements of the page, made and found.

export const byId = (id) => document.getElementById(id);

export function createElement(tag, properties = {}, ...children) {
  const created = Object.assign(document.createElement(tag), properties);
  created.append(...children);
  return created;
}

export function saveFile(blob, name) {
  const address = URL.createObjectURL(blob);
  createElement("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
