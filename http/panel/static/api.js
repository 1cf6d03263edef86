// The REST side: one request function, the token, and files as blobs.

const KEPT = "plixa.token";

let token = sessionStorage.getItem(KEPT);
let onSignedOut = () => {};

/** What the server refused or could not do. `code` is for programs, the message for people. */
export class ApiError extends Error {
  constructor(status, code, message, details, retryAfter) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.retryAfter = retryAfter;
  }

  /** The conversation that the one which was asked for is a part of by now; null for any other error. */
  get into() {
    return this.code === "CONVERSATION_MERGED" ? Number(this.details.into_id[0]) : null;
  }

  /** Whether the same request may be sent again as it is. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export const getToken = () => token;

export function keepToken(value) {
  token = value;
  if (value) sessionStorage.setItem(KEPT, value);
  else sessionStorage.removeItem(KEPT);
}

/** What to do when the server no longer knows the token. */
export function whenSignedOut(listener) {
  onSignedOut = listener;
}

/** Send a request; answers `{data, meta}`. `key` is its Idempotency-Key; `token`: another one than is kept. Throws ApiError. */
export async function request(method, path, options = {}) {
  const response = await send(method, path, options);
  if (response.status === 204) return { data: null, meta: null };
  const answer = await response.json().catch(() => ({}));
  return { data: answer.data ?? null, meta: answer.meta ?? null };
}

/** A message's file. Throws ApiError; 404 while the file is still on its way. */
export async function file(conversationId, messageId) {
  const response = await send("GET", `/v1/conversations/${conversationId}/messages/${messageId}/media`);
  return response.blob();
}

/** A file that a path answers, such as a report. Throws ApiError. */
export async function blob(path) {
  const response = await send("GET", path);
  return response.blob();
}

async function send(method, path, { body, form, key, token: other } = {}) {
  const headers = {};
  const sent = other ?? token;
  if (sent) headers.Authorization = `Bearer ${sent}`;
  if (key) headers["Idempotency-Key"] = key;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: form ?? (body === undefined ? undefined : JSON.stringify(body)) });
  } catch {
    throw new ApiError(0, "OFFLINE", "The server cannot be reached. Check the connection and try again.");
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  const error = answer.errors?.[0] ?? { code: "UNKNOWN", message: `The server answered ${response.status}.` };
  if (response.status === 401 && sent && sent === token) onSignedOut();
  throw new ApiError(response.status, error.code, sentence(error), error.details, Number(response.headers.get("Retry-After")) || null);
}

function sentence({ code, message, details }) {
  const wrong = code === "VALIDATION_FAILED" ? Object.values(details ?? {}).flat() : []; // others' are for programs
  return wrong.length ? wrong.join(" ") : message;
}
