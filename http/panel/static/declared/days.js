// Weekdays, as they are called in the language that is spoken.

import { spoken } from "../words.js";

const SUNDAY = Date.UTC(2026, 10, 1);
const DAY = 86_400_000;

/**
 * Their names from Sunday on.
 * @param {"long" | "short" | "narrow"} [length]
 */
export function weekdays(length = "long") {
  const format = new Intl.DateTimeFormat(spoken(), { weekday: length, timeZone: "UTC" });
  return Array.from({ length: 7 }, (_, at) => format.format(SUNDAY + at * DAY));
}
