// What this browser is told while no page is open: in the panel that a customer has written, in the back office that a
// member has.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const told = event.data?.json() ?? {};
  event.waitUntil(tell(told));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(go(event.notification.data));
});

/** Show it, unless somebody looks at the panel: there it is seen and heard anyway. */
async function tell({ title = "Plixa", body = "", conversation_id: id, ticket_id: ticket }) {
  if (ticket) return show(title, body, `t-${ticket}`, `/staff/#/desk/${ticket}`);
  const pages = await self.clients.matchAll({ type: "window" });
  if (pages.some((page) => page.visibilityState === "visible")) return;
  await show(title, body, `c-${id}`, `/panel/#/${id ? `conversations/${id}` : ""}`);
}

/** A notice; a later one of the same tag replaces it. address: where it leads. */
function show(title, body, tag, address) {
  return self.registration.showNotification(title, { body, icon: "/panel/plixa.svg", tag, renotify: true, data: address });
}

/** Go there, in a page that is open or a new one. */
async function go(address) {
  const [page] = await self.clients.matchAll({ type: "window" });
  if (!page) return self.clients.openWindow(address);
  await page.focus();
  return page.navigate(address);
}
