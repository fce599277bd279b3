// Requests to the server; an error that it sends becomes a RequestError with its sentence.

export class RequestError extends Error {
  constructor(message, superseded) {
    super(message);
    this.superseded = superseded;
  }
}

async function send(path, options = {}) {
  let response;
  try {
    const headers = { "Content-Type": "application/json", "X-Tlgan": "editor", ...options.headers };
    response = await fetch(path, { ...options, headers });
  } catch {
    throw new RequestError("The editor's server does not respond. Is it still running? Your face is not lost.");
  }
  if (response.ok) return response;
  const content = await response.json().catch(() => ({}));
  throw new RequestError(content.error || `The server returned ${response.status}.`, content.superseded);
}

const sendContent = (path, content) => send(path, { method: "POST", body: JSON.stringify(content) });

export const getJson = async (path) => (await send(path)).json();
export const deleteJson = async (path) => (await send(path, { method: "DELETE" })).json();
export const postJson = async (path, content) => (await sendContent(path, content)).json();
export const postFile = async (path, file) =>
  (await send(path, { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } })).json();
export const postForFile = async (path, content) => (await sendContent(path, content)).blob();
