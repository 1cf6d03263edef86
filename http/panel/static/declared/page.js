// A settings page that is made from declarations alone: the resources that its line in `routes.js` names.

import { resources } from "./resource.js";

/** @param {import("../page.js").Page} page */
export default async function declared(page) {
  const names = page.route.resources;
  if (names.length > 1) page.head(page.t(`pages.${page.route.name}`));
  await resources(page, names);
}
