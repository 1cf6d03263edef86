// Every page of the panel. A page is one line here, a module, and its words in three languages.
//
// name       its title is the word `pages.<name>`; it is the room of its words, too
// at         its address behind the `#`; `:id` is a parameter, and may be missing where it ends in `?`
// load       its module, fetched when somebody goes there; what it exports is told in `page.js`
// rail, in   whether it stands in the rail, or in whose side list (with `group`)
// who        "owner": nobody else is offered it
// key        `g` and this letter lead there
// resources  which small resources the page shows, of those that are declared
// words, css more rooms of words, and style sheets, that it needs
// api        the part of the API that its head links to, as the address of `/v1/docs` has it
// help       the article that `?` opens, by the name that it has in `http/help/articles`; left out: the page's own name
// to         instead of `load`: where this address has moved to

export const ROUTES = [
  { name: "inbox", at: "/", api: "conversations", also: ["/conversations/:id"], words: ["inbox", "thread", "composer", "bubble", "details"], drawing: "inbox", rail: true, key: "i", load: () => import("./inbox/page.js") },
  { name: "contact_import", at: "/contacts/import", help: "import-contacts", api: "contacts", words: ["contacts", "parts"], who: "owner", css: ["contacts/contacts.css"], load: () => import("./contacts/import.js") },
  { name: "contacts", at: "/contacts/:id?", api: "contacts", words: ["contacts", "parts"], drawing: "people", rail: true, key: "c", css: ["contacts/contacts.css"], load: () => import("./contacts/page.js") },
  { name: "agenda", at: "/agenda", api: "scheduling-appointments", words: ["agenda", "parts"], drawing: "calendar", rail: true, key: "a", css: ["agenda/agenda.css"], load: () => import("./agenda/page.js") },
  { name: "broadcasts", at: "/broadcasts", api: "broadcasts", words: ["broadcasts", "parts"], drawing: "megaphone", rail: true, key: "b", css: ["broadcasts/broadcasts.css"], load: () => import("./broadcasts/page.js") },
  { name: "reports", at: "/reports/:which?", api: "reports", words: ["reports", "parts", "plot"], drawing: "chart", rail: true, key: "r", css: ["reports/reports.css"], load: () => import("./reports/page.js") },
  { name: "flows", at: "/flows", api: "flows", words: ["flows", "parts"], drawing: "spark", rail: true, key: "f", css: ["flows/flows.css"], load: () => import("./flows/page.js") },
  { name: "flow", at: "/flows/:id", help: "flows", api: "flows", words: ["flows", "parts"], css: ["flows/flows.css", "declared/declared.css"], visit: "/flows", load: () => import("./flows/editor.js") },
  { name: "why", at: "/conversations/:id/why", help: "what-happened", api: "conversations", words: ["why", "parts"], css: ["why/why.css"], visit: "/keys", load: () => import("./why/page.js") },
  { name: "help", at: "/help/:slug?", help: "first-steps", api: "knowledge-base", words: ["help", "parts"], css: ["help/help.css"], load: () => import("./help/page.js") },
  { name: "support", at: "/support/:id?", help: "first-steps", api: "support", words: ["support", "parts"], css: ["support/support.css"], load: () => import("./support/page.js") },
  { name: "keys", at: "/keys", help: "first-steps", key: "k", words: [], load: () => import("./keys/page.js") },

  { name: "settings", at: "/settings", help: "first-steps", words: [], drawing: "gear", rail: true, key: "s", load: () => import("./settings/page.js") },
  { name: "team", at: "/settings/team", api: "team", in: "settings", group: "team", words: ["team", "parts"], load: () => import("./team/page.js") },
  { name: "sectors", at: "/settings/sectors", help: "who-gets-what", api: "sectors", in: "settings", group: "team", resources: ["sectors"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "house_rules", at: "/settings/house-rules", help: "team", api: "security", in: "settings", group: "team", who: "owner", resources: ["security"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "hours", at: "/settings/hours", help: "opening-hours", api: "business-hours", in: "settings", group: "conversations", words: ["hours", "declared"], css: ["declared/declared.css", "hours/hours.css"], load: () => import("./hours/page.js") },
  { name: "labels", at: "/settings/labels", help: "labels-and-replies", api: "labels", in: "settings", group: "conversations", resources: ["labels"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "replies", at: "/settings/replies", help: "labels-and-replies", api: "saved-replies", in: "settings", group: "conversations", resources: ["saved_replies"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "rules", at: "/settings/rules", help: "who-gets-what", api: "auto-assignment", in: "settings", group: "conversations", words: ["rules", "declared", "parts"], css: ["declared/declared.css"], load: () => import("./rules/page.js") },
  { name: "targets", at: "/settings/targets", help: "good-service", api: "sla-targets", in: "settings", group: "conversations", resources: ["sla"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "survey", at: "/settings/survey", help: "good-service", api: "csat", in: "settings", group: "conversations", resources: ["csat"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "behaviour", at: "/settings/behaviour", help: "good-service", api: "conversations", in: "settings", group: "conversations", resources: ["inbox"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "fields", at: "/settings/fields", help: "contacts", api: "contacts-custom-fields-", in: "settings", group: "conversations", resources: ["custom_fields"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "broadcast_rules", at: "/settings/broadcast-rules", help: "broadcasts", api: "broadcasts", in: "settings", group: "conversations", resources: ["broadcasts"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "ai", at: "/settings/ai", api: "ai-configuration", in: "settings", group: "ai", words: ["ai", "declared", "parts"], css: ["declared/declared.css", "ai/ai.css"], load: () => import("./ai/page.js") },
  { name: "welcome", at: "/settings/welcome", help: "ai", api: "welcome-message", in: "settings", group: "ai", resources: ["welcome"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "services", at: "/settings/services", help: "set-up-the-agenda", api: "scheduling-services", in: "settings", group: "agenda", resources: ["services"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "rooms", at: "/settings/rooms", help: "set-up-the-agenda", api: "scheduling-resources", in: "settings", group: "agenda", resources: ["resources"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "schedules", at: "/settings/schedules", help: "set-up-the-agenda", api: "scheduling-provider-availability", in: "settings", group: "agenda", words: ["agenda", "declared", "parts"], css: ["declared/declared.css"], load: () => import("./agenda/schedules.js") },
  { name: "reminders", at: "/settings/reminders", help: "set-up-the-agenda", api: "scheduling-reminders", in: "settings", group: "agenda", resources: ["reminders", "booking"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "calendar_filters", at: "/settings/calendar-filters", help: "set-up-the-agenda", api: "scheduling-saved-filters", in: "settings", group: "agenda", resources: ["calendar_filters"], words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/page.js") },
  { name: "calendar_sync", at: "/settings/calendar-sync", help: "calendar-sync", api: "scheduling-calendar-sync", in: "settings", group: "agenda", words: ["sync", "parts"], load: () => import("./agenda/sync.js") },
  { name: "workspace", at: "/settings/workspace", api: "workspace-configuration", in: "settings", group: "workspace", words: ["workspace", "declared", "parts"], css: ["declared/declared.css", "workspace/workspace.css"], load: () => import("./workspace/page.js") },
  { name: "numbers", at: "/settings/numbers", api: "phone-instances", words: [], in: "settings", group: "workspace", load: () => import("./settings/numbers.js") },
  { name: "webhooks", at: "/settings/webhooks", help: "integrations", api: "webhooks-outbound-", in: "settings", group: "workspace", who: "owner", load: () => import("./settings/webhooks.js") },
  { name: "plan", at: "/settings/plan", api: "billing", in: "settings", group: "workspace", who: "owner", words: ["money", "agenda"], load: () => import("./settings/plan.js") },
  { name: "digest", at: "/settings/digest", help: "workspace", api: "daily-digest", in: "settings", group: "workspace", who: "owner", words: ["digest", "declared"], css: ["declared/declared.css"], load: () => import("./digest/page.js") },
  { name: "tokens", at: "/settings/tokens", help: "integrations", api: "api-tokens", in: "settings", group: "workspace", who: "owner", words: ["account", "parts"], load: () => import("./account/tokens.js") },
  { name: "audit", at: "/settings/audit", help: "what-happened", api: "audit", in: "settings", group: "workspace", who: "owner", words: ["audit", "declared", "parts"], css: ["audit/audit.css"], load: () => import("./audit/page.js") },
  { name: "other", at: "/settings/other/:resource?", help: "first-steps", in: "settings", group: "workspace", words: ["declared"], css: ["declared/declared.css"], load: () => import("./declared/other.js") },
  { name: "profile", at: "/settings/profile", help: "your-account", api: "account", in: "settings", group: "you", words: ["account", "parts"], load: () => import("./account/profile.js") },
  { name: "security", at: "/settings/security", help: "your-account", api: "two-factor-authentication", in: "settings", group: "you", words: ["account", "parts"], load: () => import("./account/security.js") },

  // Where mails and payment pages lead.
  { at: "/webhooks", to: "/settings/webhooks" },
  { at: "/billing/:rest?", to: "/settings/plan" },
  { at: "/payments/:rest?", to: "/settings/plan" },
];

/** The parts of the settings, in order. */
export const GROUPS = ["team", "conversations", "ai", "agenda", "workspace", "you"];

/** An address of this panel in its parts: `{path, query}`. */
export function parsed(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split(/\?(.*)/s);
  return { path: path || "/", query: new URLSearchParams(query) };
}

/** What this path leads to: `{route, params}`, or null. */
export function find(path, routes = ROUTES) {
  for (const route of routes) {
    for (const at of [route.at, ...(route.also ?? [])]) {
      const params = fits(at, path);
      if (params) return { route, params };
    }
  }
  return null;
}

function fits(at, path) {
  const wanted = at.split("/").filter(Boolean);
  const given = path.split("/").filter(Boolean);
  if (given.length > wanted.length) return null;
  const params = {};
  for (const [n, part] of wanted.entries()) {
    if (part.startsWith(":")) {
      if (given[n] === undefined && !part.endsWith("?")) return null;
      params[part.slice(1).replace("?", "")] = given[n] === undefined ? null : unescaped(given[n]);
    } else if (part !== given[n]) return null;
  }
  return params;
}

function unescaped(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // bytes that are no text name nothing
  }
}

/** Whether this member is offered it. */
export const may = (route, me) => route.who !== "owner" || me.role === "owner";
