// Every page of the panel. A page is one line here, a module, and its words in three languages.
//
// name       its title is the word `pages.<name>`; it is the room of its words, too
// at         its address behind the `#`; `:id` is a parameter, and may be missing where it ends in `?`
// load       its module, fetched when somebody goes there; what it exports is told in `page.js`
// rail, in   whether it stands in the rail, or in whose side list (with `group`)
// who        "owner": nobody else is offered it
// key        `g` and this letter lead there
// words, css more rooms of words, and style sheets, that it needs
// to         instead of `load`: where this address has moved to

export const ROUTES = [
  { name: "inbox", at: "/", also: ["/conversations/:id"], drawing: "inbox", rail: true, key: "i", load: () => import("./inbox/page.js") },
  { name: "broadcasts", at: "/broadcasts", words: [], drawing: "megaphone", rail: true, key: "b", css: ["broadcasts/broadcasts.css"], load: () => import("./broadcasts/page.js") },
  { name: "keys", at: "/keys", words: [], load: () => import("./keys/page.js") },

  { name: "settings", at: "/settings", words: [], drawing: "gear", rail: true, key: "s", load: () => import("./settings/page.js") },
  { name: "basics", at: "/settings/basics", in: "settings", group: "conversations", words: [], load: () => import("./settings/basics.js") },
  { name: "numbers", at: "/settings/numbers", words: [], in: "settings", group: "workspace", load: () => import("./settings/numbers.js") },
  { name: "webhooks", at: "/settings/webhooks", words: [], in: "settings", group: "workspace", who: "owner", load: () => import("./settings/webhooks.js") },
  { name: "plan", at: "/settings/plan", in: "settings", group: "workspace", who: "owner", words: [], load: () => import("./settings/plan.js") },

  // Where mails and payment pages lead.
  { at: "/webhooks", to: "/settings/webhooks" },
  { at: "/billing/:rest?", to: "/settings/plan" },
  { at: "/payments/:rest?", to: "/settings/plan" },
];

/** The parts of the settings, in order. */
export const GROUPS = ["team", "conversations", "ai", "workspace", "you"];

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
      params[part.slice(1).replace("?", "")] = given[n] === undefined ? null : decodeURIComponent(given[n]);
    } else if (part !== given[n]) return null;
  }
  return params;
}

/** Whether this member is offered it. */
export const may = (route, me) => route.who !== "owner" || me.role === "owner";
