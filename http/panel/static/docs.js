// The documentation, made from /v1/openapi.json: a section for each tag, a card for each route.

import { el } from "./ui.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const BIGGEST = Number.MAX_SAFE_INTEGER;
const DEEPEST = 4;
/** What an example says where a field's name tells more than its type. */
const EXAMPLES = {
  email: "ana@example.com", password: "correct horse battery", password_confirmation: "correct horse battery", company_name: "Padaria São José",
  name: "Ana Souza", contact_name: "Maria Clara", country_code: "BR", timezone: "America/Sao_Paulo", locale: "pt-BR", tax_id: "12.345.678/0001-95",
  body: "Olá! Como podemos ajudar?", message: "Olá! Já vamos atender.", phone: "5511988887777", contact_phone: "5511988887777", caption: "O cardápio",
  notes: "Prefers to be called after six.", until: "2030-01-15T09:00:00-03:00", token: "1|Vf3k…", first_response_seconds: 300,
  resolution_seconds: 86_400, delay_seconds: 5, mime: "image/jpeg", slug: "padaria-sao-jose-4f2c1a90", instance: "plixa-1-9d41c2", file_name: "menu.jpg",
  evolution_message_id: "3EB0C767D26A1B2F", image: "data:image/png;base64,iVBOR…", code: "2@…", type: "text", assigned_user_id: 1, head: 120, offset: 121,
};

const EMPTY = new Set(["media", "extra", "csat", "reactions", "waveform"]);

const pages = { contents: id("contents"), routes: id("routes"), about: id("about"), search: id("search"), nothing: id("nothing") };
const cards = [];
let schemas = {};

function id(name) {
  return document.getElementById(name);
}

try {
  const response = await fetch("/v1/openapi.json");
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  draw(await response.json());
} catch (error) {
  pages.about.replaceChildren(el("p", { class: "notice", text: `The OpenAPI document could not be read. ${error.message} Reload the page to try again.` }));
}

function draw(description) {
  schemas = description.components.schemas;
  const groups = Map.groupBy?.(routesOf(description), (route) => route.tag) ?? group(routesOf(description));
  pages.about.replaceChildren(...prose(description.info.description), ...quickStart());
  for (const [tag, routes] of groups) {
    const name = slug(tag);
    const section = el("section", { class: "group", id: name }, el("h2", {}, el("a", { class: "anchor", href: `#${name}`, text: tag })));
    const links = el("div", {}, el("h2", { text: tag }));
    for (const route of routes) {
      const card = routeCard(route);
      const link = el("a", { href: `#${route.id}` }, badge(route.method), el("span", { text: route.operation.summary }));
      section.append(card);
      links.append(link);
      cards.push({ card, link, section, links, text: textOf(route) });
    }
    pages.routes.append(section);
    pages.contents.append(links);
  }
  drawErrors(description);
  const beside = el("div", {}, el("h2", { text: "Beside the routes" }), ...[["#introduction", "How to begin"], ["#websocket", "The live push"], ["#errors", "Errors"]]
    .map(([href, text]) => el("a", { href, text })));
  pages.contents.prepend(beside);
  id("websocket").hidden = id("errors").hidden = false;
  pages.search.addEventListener("input", filter);
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || /** @type {Element} */ (event.target).closest("input")) return;
    event.preventDefault();
    pages.search.focus();
  });
  if (location.hash) id(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  followScrolling();
}

function group(routes) {
  const groups = new Map();
  for (const route of routes) groups.set(route.tag, [...(groups.get(route.tag) ?? []), route]);
  return groups;
}

function routesOf({ paths }) {
  return Object.entries(paths).flatMap(([path, operations]) => METHODS.filter((method) => operations[method]).map((method) => {
    const operation = operations[method];
    return { method, path, operation, id: operation.operationId, tag: operation.tags[0] };
  }));
}

function filter() {
  const sought = /** @type {HTMLInputElement} */ (pages.search).value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  for (const each of cards) {
    const fits = sought.every((word) => each.text.includes(word));
    each.card.hidden = each.link.hidden = !fits;
  }
  for (const { section, links } of cards) section.hidden = links.hidden = !cards.some((each) => each.section === section && !each.card.hidden);
  pages.nothing.hidden = cards.some((each) => !each.card.hidden);
  for (const name of ["introduction", "websocket", "errors"]) id(name).hidden = sought.length > 0 && !sought.every((word) => id(name).textContent.toLowerCase().includes(word));
}

function textOf({ method, path, operation }) {
  const fields = fieldsOf(bodySchema(operation)?.schema).map(([name]) => name);
  const parameters = operation.parameters.map(({ name }) => name);
  return [method, path, operation.tags, operation.summary, operation.description, fields, parameters].flat().join(" ").toLowerCase();
}

/** Mark the route in view in the list of contents. */
function followScrolling() {
  const links = new Map(cards.map(({ card, link }) => [card, link]));
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(target).setAttribute("aria-current", "true");
      showInContents(links.get(target));
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  for (const { card } of cards) watcher.observe(card);
}

/** Scroll the contents only: `scrollIntoView` would stop a scrolling of the page that is under way. */
function showInContents(link) {
  const box = pages.contents.parentElement;
  const { top, bottom } = link.getBoundingClientRect();
  const seen = box.getBoundingClientRect();
  if (top < seen.top + 70 || bottom > seen.bottom) box.scrollTop += (top + bottom - seen.top - seen.bottom) / 2;
}

// -- words ------------------------------------------------------------------------------------------------------------

/** Paragraphs, with what stands between backticks as code. */
function prose(text) {
  return (text ?? "").split(/\n{2,}/).filter((part) => part.trim()).map((part) => el("p", {}, inline(part.replaceAll("\n", " "))));
}

function inline(text) {
  return text.split("`").map((part, at) => (at % 2 ? el("code", { text: part }) : part));
}

function slug(text) {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

function badge(method) {
  return el("span", { class: `method ${method}`, text: method.toUpperCase() });
}

function quickStart() {
  return [
    el("p", {}, "Sign in, keep the token, and ask for the inbox:"),
    code(`curl -s ${location.origin}/v1/auth/login \\\n  -H 'Content-Type: application/json' \\\n  -d '{"email": "ana@example.com", "password": "correct horse battery"}'\n\n` +
      `export TOKEN='1|…'    # data.token of the answer\ncurl -s ${location.origin}/v1/conversations -H "Authorization: Bearer $TOKEN"`),
  ];
}

function code(text, tall = false) {
  const copy = el("button", { type: "button", text: "Copy", on: { click: async () => {
    await navigator.clipboard.writeText(text).then(() => (copy.textContent = "Copied"), () => (copy.textContent = "Select it by hand"));
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  } } });
  return el("div", { class: "code-box" }, el("pre", { class: `code${tall ? " tall" : ""}`, tabIndex: 0, text }), copy);
}

// -- a route ----------------------------------------------------------------------------------------------------------

function routeCard(route) {
  const { method, path, operation } = route;
  const body = bodySchema(operation);
  const inPlace = (place) => operation.parameters.filter((parameter) => parameter.in === place);
  const lists = [["Path", inPlace("path")], ["Query", inPlace("query")], ["Headers", inPlace("header")]].filter(([, found]) => found.length);
  const left = el("div", {},
    el("h3", {}, el("a", { class: "anchor", href: `#${route.id}`, text: operation.summary })),
    el("div", { class: "signature" }, badge(method), el("span", { class: "path" },
      path.split(/(\{\w+\})/).map((part) => (part.startsWith("{") ? el("i", { text: part }) : part)))),
    ...prose(operation.description),
    ...lists.flatMap(([title, found]) => [el("h4", { text: title }), el("ul", { class: "fields" },
      found.map((each) => fieldItem(each.name, parameter(each.schema), each.required, 0, each.description)))]),
    ...(body ? [el("h4", { text: body.form ? "Form fields" : "Body" }), ...prose(resolve(body.schema).description), fieldList(body.schema, 0)] : []));
  const right = el("div", {}, code(curl(route, body)), trial(route, body), ...answers(operation));
  return el("article", { class: "route", id: route.id, "aria-label": operation.summary }, left, right);
}

/** The route as a form, which is made when somebody opens it. Files go out by programs. */
function trial(route, body) {
  if (body?.form) return null;
  const box = el("details", { class: "more try-it" }, el("summary", { text: "Try it" }));
  box.addEventListener("toggle", async () => {
    const { tryForm } = await import("./docs_try.js");
    if (box.children.length === 1) box.append(tryForm(route, body && bodyExample(body.schema)));
  }, { once: true });
  return box;
}

function answers({ responses }) {
  const codes = Object.keys(responses);
  const good = codes.find((status) => status.startsWith("2"));
  const shown = [el("h4", { text: "Answers" }), el("div", { class: "answers" }, codes.map((status) =>
    el("span", { class: status === good ? "ok" : "", text: status, title: responses[status].description.replaceAll("`", "") })))];
  const schema = responses[good].content?.["application/json"]?.schema;
  if (!schema) return [...shown, el("p", { class: "muted", text: responses[good].description })];
  const data = schema.properties.data;
  return [...shown, code(JSON.stringify({ data: sample(data), meta: null, errors: null }, null, 2), true),
    el("details", { class: "more" }, el("summary", { text: "The fields of the answer" }), fieldList(data, 0))];
}

function bodySchema({ requestBody }) {
  if (!requestBody) return null;
  const [[type, { schema }]] = Object.entries(requestBody.content);
  return { schema, form: type.startsWith("multipart") };
}

/** A schema without references; the parts of an `allOf` are taken together. */
function resolve(schema) {
  if (!schema) return {};
  if (schema.$ref) return resolve(schemas[schema.$ref.split("/").at(-1)]);
  if (!schema.allOf) return schema;
  const parts = schema.allOf.map(resolve);
  return { ...parts[0], properties: Object.assign({}, ...parts.map((part) => part.properties)), required: parts.flatMap((part) => part.required ?? []) };
}

/** The schema that is left when null is taken away, and whether it was there. */
function bare(schema) {
  const known = resolve(schema);
  const choices = known.anyOf?.map(resolve);
  if (!choices) return { known, choices: [known], nullable: false };
  const left = choices.filter(({ type }) => type !== "null");
  return { known: left.length === 1 ? { ...left[0], default: known.default } : known, choices: left, nullable: left.length < choices.length };
}

function fieldsOf(schema) {
  const { known } = bare(schema);
  const inside = known.type === "array" ? bare(known.items).known : known;
  return Object.entries(inside.properties ?? {});
}

function fieldList(schema, depth) {
  const { known } = bare(schema);
  const inside = known.type === "array" ? bare(known.items).known : known;
  const fields = Object.entries(inside.properties ?? {});
  if (!fields.length) return el("p", { class: "muted", text: typeOf(schema) });
  return el("ul", { class: "fields" }, fields.map(([name, each]) => fieldItem(name, each, inside.required?.includes(name), depth)));
}

/** A parameter is left out rather than null. */
function parameter(schema) {
  const { known, choices } = bare(schema);
  return choices.length === 1 ? { ...known, default: schema.default } : { ...schema, anyOf: choices };
}

function fieldItem(name, schema, required, depth, description) {
  const nested = fieldsOf(schema).length > 0 && depth < DEEPEST;
  const limits = limitsOf(schema);
  return el("li", {},
    el("div", { class: "field-head" }, el("code", { text: name }), el("span", { class: "type", text: typeOf(schema) }), required && depth === 0 && el("span", { class: "required", text: "required" })),
    (description || limits) && el("div", { class: "limits" }, inline([description, limits].filter(Boolean).join(" "))),
    nested && el("details", { class: "more" }, el("summary", { text: "Its fields" }), fieldList(schema, depth + 1)));
}

function typeOf(schema) {
  const { known, choices, nullable } = bare(schema);
  const names = (choices.length > 1 ? choices : [known]).map((each) => {
    if (each.enum) return each.enum.map((value) => JSON.stringify(value)).join(" | ");
    if (each.type === "array") return `list of ${typeOf(each.items)}`;
    if (each.type === "object") return each.title && each.properties ? each.title : "object";
    return { "date-time": "date and time", binary: "file" }[each.format] ?? each.type ?? "anything";
  });
  return [...names, ...(nullable ? ["null"] : [])].join(" or ");
}

function limitsOf(schema) {
  const { known } = bare(schema);
  const said = [];
  const { minLength, maxLength, minimum, maximum, pattern, maxItems } = known;
  const upper = maxLength === 100_000 ? undefined : maxLength;
  if (minLength && upper) said.push(`${minLength} to ${upper} characters.`);
  else if (minLength) said.push(`At least ${minLength} character${minLength > 1 ? "s" : ""}.`);
  else if (upper) said.push(`At most ${upper} characters.`);
  if (minimum !== undefined && maximum !== undefined && maximum < BIGGEST) said.push(`${minimum} to ${maximum}.`);
  else if (minimum !== undefined && maximum === undefined) said.push(`At least ${minimum}.`);
  if (maxItems) said.push(`At most ${maxItems} items.`);
  if (pattern) said.push(`Like \`${pattern}\`.`);
  const { default: fallback } = resolve(schema);
  if (fallback !== undefined && fallback !== null) said.push(`Default: \`${JSON.stringify(fallback)}\`.`);
  return said.join(" ");
}

/** A value that the schema allows, for an example. */
function sample(schema, name = "", depth = 0) {
  const { known, nullable } = bare(schema);
  if (depth > DEEPEST || (nullable && EMPTY.has(name))) return null;
  if (known.type === "object") {
    const fields = Object.entries(known.properties ?? {}).map(([key, each]) => [key, sample(each, key, depth + 1)]);
    return nullable && !fields.length ? null : Object.fromEntries(fields);
  }
  if (known.type === "array") return nullable ? null : [sample(known.items, name, depth + 1)];
  if (known.enum) return known.enum[0];
  const told = EXAMPLES[name];
  if (told !== undefined && told !== null && (typeof told === "string") === (known.type === "string")) return told;
  if (nullable) return known.format === "date-time" || known.type === "integer" ? null : known.default ?? null;
  if (known.format === "date-time") return "2030-01-14T12:30:00+00:00";
  if (known.type === "integer" || known.type === "number") return known.default ?? Math.max(1, known.minimum ?? 1);
  if (known.type === "boolean") return known.default ?? false;
  return known.type === "string" ? "…" : null;
}

function curl({ method, path, operation }, body) {
  const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${location.origin}${path.replaceAll(/\{\w+\}/g, "1")}`];
  if (operation.security.length) lines.push(`-H "Authorization: Bearer $TOKEN"`);
  if (operation.parameters.some(({ name }) => name === "Idempotency-Key")) lines.push(`-H "Idempotency-Key: $(uuidgen)"`);
  if (body?.form) lines.push("-F file=@menu.jpg", "-F caption='O cardápio'");
  else if (body) lines.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(bodyExample(body.schema), null, 2).replaceAll("\n", "\n  ").replaceAll("'", "'\\''")}'`);
  if (path.endsWith("/media")) lines.push("-O -J");
  return lines.join(" \\\n  ");
}

/** What is required, and of the rest what has an example of its own. */
function bodyExample(schema) {
  const { known } = bare(schema);
  const fields = Object.entries(known.properties ?? {});
  const told = (/** @type {[string, any]} */ [name]) => known.required?.includes(name) || (EXAMPLES[name] ?? null) !== null;
  const chosen = fields.filter(told);
  return Object.fromEntries((chosen.length ? chosen : fields).map(([name, each]) => [name, sample(each, name)]));
}

// -- errors -----------------------------------------------------------------------------------------------------------

function drawErrors(description) {
  const found = new Map();
  for (const { operation } of routesOf(description)) {
    for (const [status, answer] of Object.entries(operation.responses)) if (!status.startsWith("2")) found.set(status, answer.description);
  }
  const rows = [...found].sort().map(([status, text]) => el("tr", {}, el("td", {}, el("code", { text: status })), el("td", {}, inline(text))));
  const refused = { data: null, meta: null, errors: [{ code: "VALIDATION_FAILED", message: "The request has wrong fields.", details: { email: ["The email must be a valid e-mail address."] } }] };
  id("errors").append(
    el("p", {}, inline("An error has the same envelope, with `data` null. `code` is for programs and stays as it is; `message` is for people; `details` names the fields that are wrong.")),
    code(JSON.stringify(refused, null, 2)),
    el("div", { class: "table-box" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", { text: "Status" }), el("th", { text: "Meaning" }))), el("tbody", {}, rows))));
}
