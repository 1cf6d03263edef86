// The REST side: one request function, the token, and files as blobs.

import { spoken, t } from "./words.js";

// The session is in a cookie that no script can read; what this page knows is the key that has to be shown with it. A token of a tab's
// own, such as somebody of Plixa's staff has who looks after a workspace, comes before it and ends with the tab.

const KEPT = "plixa.token";
const KEY = /(?:^|; )plixa_csrf=([^;]+)/;

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

const getKey = () => KEY.exec(document.cookie)?.[1] ?? null;

/** Whether there is a session, as far as this page knows. */
export const signedIn = () => Boolean(token ?? getKey());

/** How the live push is told who it is. */
export const proof = () => (token ? { token } : { csrf: getKey() });

/** Keep a session in this browser, in every tab. Where it keeps no cookies, this tab alone has it. */
export async function keepSession(bearer) {
  token = bearer;
  try {
    await request("POST", "/v1/auth/session");
    if (getKey()) token = null;
  } catch {
    // This tab has it.
  }
  if (token) sessionStorage.setItem(KEPT, token);
}

/** Forget it here. */
export function forgetSession() {
  token = null;
  sessionStorage.removeItem(KEPT);
  document.cookie = "plixa_csrf=; Path=/; Max-Age=0; SameSite=Strict";
}

/** What to do when the server no longer knows the token. */
export function whenSignedOut(listener) {
  onSignedOut = listener;
}

/**
 * Send a request. `key` is its Idempotency-Key; `token`: another one than is kept. Throws ApiError.
 * @template {import("plixa").Method} M
 * @template {string} P
 * @param {M} method
 * @param {P} path
 * @param {import("plixa").Options} [options]
 * @returns {Promise<import("plixa").Answer<M, P>>}
 */
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

/** Send a form and tell how much of it has gone: `progress(share)`, 0 to 1. Throws ApiError. */
export function upload(path, { form, key, progress }) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", path);
    for (const [name, value] of Object.entries(headersFor(token, key))) sending.setRequestHeader(name, value);
    sending.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    sending.onerror = () => reject(new ApiError(0, "OFFLINE", t("common.offline")));
    sending.onload = async () => {
      const response = new Response(sending.response, { status: sending.status, headers: { "Retry-After": sending.getResponseHeader("Retry-After") ?? "" } });
      try {
        await refuse(response, token);
        resolve(await response.json());
      } catch (error) {
        reject(error);
      }
    };
    sending.send(form);
  });
}

function headersFor(sent, key) {
  const shown = sent ? { Authorization: `Bearer ${sent}` } : getKey() ? { "X-CSRF-Token": getKey() } : {};
  return { "Accept-Language": spoken(), ...shown, ...(key && { "Idempotency-Key": key }) };
}

/** How many requests have set out that may change something. */
export let changes = 0;

/**
 * @param {string} method
 * @param {string} path
 * @param {import("plixa").Options} [options]
 */
async function send(method, path, { body, form, key, signal, token: other } = {}) {
  if (method !== "GET") changes += 1;
  const sent = other ?? token;
  const headers = headersFor(sent, key);
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, signal, body: form ?? (body === undefined ? undefined : JSON.stringify(body)) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "OFFLINE", t("common.offline"));
  }
  await refuse(response, sent);
  return response;
}

/** Throws ApiError where the server did not do it. */
async function refuse(response, sent) {
  if (response.ok) return;
  const [answer, said] = await Promise.all([response.json().catch(() => ({})), sentences()]);
  const error = answer.errors?.[0] ?? { code: "UNKNOWN", message: t("common.answered", { status: String(response.status) }) };
  if (response.status === 401 && (sent ? sent === token : getKey())) onSignedOut();
  throw new ApiError(response.status, error.code, sentence(error, said), inWords(error.details, said), Number(response.headers.get("Retry-After")) || null);
}

/** How errors are said in the member's language, and as the server says them where that cannot be had. Nobody needs it before the first error. */
export const sentences = () => import("./errors.js").catch(() => ({ told: (sentence) => sentence, refused: ({ message }) => message }));

/** Details in the member's language; those that are for programs have no form that is known, and stay. */
function inWords(details, said) {
  const word = (text) => (typeof text === "string" ? said.told(text) : text);
  return details && Object.fromEntries(Object.entries(details).map(([name, texts]) => [name, Array.isArray(texts) ? texts.map(word) : texts]));
}

function sentence({ code, message, details }, said) {
  const wrong = code === "VALIDATION_FAILED" ? Object.values(details ?? {}).flat() : []; // others' are for programs
  return wrong.length ? wrong.map(said.told).join(" ") : said.refused({ code, message });
}
