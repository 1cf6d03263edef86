// The workspace's WhatsApp numbers.

import { numbersBox } from "../numbers.js";

export default function numbers(page) {
  page.head(page.t("pages.numbers"));
  const pair = Number(page.query.get("pair")) || null;
  const restart = page.query.get("restart") === "1";
  page.setQuery({ pair: null, restart: null }); // a reload does not restart it again
  page.box.append(numbersBox(page.state, { pair, restart, signal: page.signal, changed: (number) => page.shell.store.numberChanged(number) }));
}
