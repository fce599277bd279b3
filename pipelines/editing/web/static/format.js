// Names and numbers as people read them.

export const readableName = (name) => name.replaceAll("_", " ");

export function formatValue(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "logit") return (1 / (1 + Math.exp(-value))).toFixed(2);
  return value.toFixed(Math.abs(value) < 10 ? 2 : 0) + (unit === "label units" || unit === "z" ? "" : ` ${unit}`);
}
