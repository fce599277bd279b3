// Names and numbers for people.

export const plain = (name) => name.replaceAll("_", " ");

export function shown(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "logit") return (1 / (1 + Math.exp(-value))).toFixed(2);
  return value.toFixed(Math.abs(value) < 10 ? 2 : 0) + (unit === "label units" || unit === "z" ? "" : ` ${unit}`);
}

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
