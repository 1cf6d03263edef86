// What this browser is told while no page of the panel is open: that a customer has written.

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
async function tell({ title = "Plixa", body = "", conversation_id: id }) {
  const pages = await self.clients.matchAll({ type: "window" });
  if (pages.some((page) => page.visibilityState === "visible")) return;
  await self.registration.showNotification(title, { body, icon: "/panel/plixa.svg", tag: `c-${id}`, renotify: true, data: id });
}

/** Go to the conversation, in a page that is open or a new one. */
async function go(id) {
  const address = `/panel/#/${id ? `conversations/${id}` : ""}`;
  const [page] = await self.clients.matchAll({ type: "window" });
  if (!page) return self.clients.openWindow(address);
  await page.focus();
  return page.navigate(address);
}
