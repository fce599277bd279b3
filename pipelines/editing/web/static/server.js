// Asking the server; what it refuses comes back as an Error with its sentence.

export class Refused extends Error {
  constructor(message, superseded) {
    super(message);
    this.superseded = superseded;
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { "Content-Type": "application/json", "X-Tlgan": "editor" } });
  } catch {
    throw new Refused("The editor's server does not answer. Is it still running? Your face is not lost.");
  }
  if (answer.ok) return answer;
  const content = await answer.json().catch(() => ({}));
  throw new Refused(content.error || `The server answered ${answer.status}.`, content.superseded);
}

export const get = async (path) => (await ask(path)).json();
export const remove = async (path) => (await ask(path, { method: "DELETE" })).json();
export const post = async (path, content) => (await ask(path, { method: "POST", body: JSON.stringify(content) })).json();
export const file = async (path, content) => (await ask(path, { method: "POST", body: JSON.stringify(content) })).blob();
