// What the server found wrong, in the member's language: its sentences are known by their form (`http/api/wording.py`).

import { spoken, t } from "./words.js";

// Longer forms before those that they end like.
const FORMS = [
  ["errors.required", "The {field} field is required."],
  ["errors.letters_most", "The {field} may have at most {n} characters."],
  ["errors.letters_least", "The {field} must have at least {n} characters."],
  ["errors.entries_most", "The {field} may have at most {n} entries."],
  ["errors.entries_least", "The {field} must have at least {n} entries."],
  ["errors.at_least", "The {field} must be at least {n}."],
  ["errors.more_than", "The {field} must be more than {n}."],
  ["errors.at_most", "The {field} must be at most {n}."],
  ["errors.less_than", "The {field} must be less than {n}."],
  ["errors.whole_number", "The {field} must be a whole number."],
  ["errors.number", "The {field} must be a number."],
  ["errors.yes_or_no", "The {field} must be true or false."],
  ["errors.list", "The {field} must be a list."],
  ["errors.object", "The {field} must be an object."],
  ["errors.text", "The {field} must be text."],
  ["errors.unicode", "The {field} must be text of whole Unicode characters; half a surrogate pair is none."],
  ["errors.time", "The {field} must be a time with its offset, like 2026-05-25T12:00:00+00:00."],
  ["errors.date", "The {field} must be a date, like 2026-05-25."],
  ["errors.form", "The {field} has the wrong form."],
  ["errors.selected", "The selected {field} is invalid."],
  ["errors.expected", "It must be {n}."],
  ["errors.taken", "The {field} has already been taken."],
  ["errors.password", "The password is incorrect."],
  ["errors.link", "This link is not good any more. Ask for a new one."],
].map(([key, form]) => [key, form.split(/\{\w+\}/)]);

/** A sentence of the server in the member's language, where there are words for it; what is told beside a field does not name it. */
export function told(sentence) {
  for (const [key, parts] of FORMS) {
    const given = fitted(sentence, parts);
    if (given && t.has(key)) return t(key, { n: given.at(-1) ?? "" });
  }
  return sentence;
}

/** What stands between these parts of a sentence, or null where it has another form. */
function fitted(sentence, parts) {
  if (sentence.length > 300 || !sentence.startsWith(parts[0]) || !sentence.endsWith(parts.at(-1))) return null;
  const given = [];
  let from = parts[0].length;
  for (const part of parts.slice(1)) {
    const at = part === parts.at(-1) ? sentence.length - part.length : sentence.indexOf(part, from);
    if (at < from) return null;
    given.push(sentence.slice(from, at));
    from = at + part.length;
  }
  return from === sentence.length ? given : null;
}

/** What is said of an error: in English what the server says, which is more exact; else by its code. What a plan does not include is one. */
export function refused({ code, message }) {
  const kind = code?.endsWith("_PLAN_REQUIRED") ? "PLAN_REQUIRED" : code;
  return spoken() !== "en" && t.has(`errors.code.${kind}`) ? t(`errors.code.${kind}`) : message;
}
