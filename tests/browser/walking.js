// In a page of the panel: does whatever is offered there, and says what a keyboard reaches. `test_walks.py` loads it before the panel.

const fetched = window.fetch;
const written = []; // what was asked for that changes something
let flying = 0;
window.fetch = (...asked) => {
  flying += 1;
  if ((asked[1]?.method ?? "GET") !== "GET") written.push(`${asked[1].method} ${asked[0]}`);
  return fetched(...asked).finally(() => { flying -= 1; });
};
window.print = () => {}; // what would leave the page does nothing
window.open = () => null;

const pause = (time) => new Promise((done) => setTimeout(done, time));
const stage = () => document.querySelector("main.stage");
const named = (node) => (node.ariaLabel || node.textContent || node.title || "").trim().replaceAll(/\s+/g, " ");
const shown = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.disabled;
const said = (node) => node.outerHTML.slice(0, 140);
const where = () => location.hash.split("?")[0];
const top_ = () => [...document.querySelectorAll("dialog[open]")].at(-1);

/** Until the page is there and nothing is asked any more. What waits for a dialog's answer is under it. */
async function quiet() {
  const busy = () => document.querySelector("main[aria-busy]") || (top_() ?? document).querySelector(":is(.menu, .row, li, tr)[aria-busy]");
  for (let still = 0; still < 2; still = flying || busy() ? 0 : still + 1) await pause(12);
}

const press = (node) => node.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));

/** To another page, and what was changed on this one is left as it was. */
async function go(address) {
  location.hash = address;
  await pause(0);
  top_()?.querySelector("button[type=submit]").click();
  await quiet();
}

/**
 * Press each button of this page once, and in a list one of each kind, also in the dialogs that open; those whose words are `never`
 * said are left alone, and so is what sends a form. A button that asks for something is pressed once more at once, and the one beside it,
 * as a hasty hand does. Answers what was pressed, what opened a dialog, which of these did not have the focus again once it was closed,
 * and what was done more than once.
 */
async function walk(address, never) {
  await go(address);
  const here = where(), tried = new Set(), done = [], openers = [], lost = [], from = [], hasty = [];
  const kind = (node) => `${node.localName}.${node.className} ${node.closest("li, tr") || /\d/.test(named(node)) ? "one of many" : named(node)}`;
  const not = (node) => node.type === "submit" || new RegExp(never, "i").test(named(node));
  for (;;) {
    const open = top_();
    const node = [...(open ?? stage()).querySelectorAll("button, summary, [role=button], [role=tab]")].find((each) => shown(each) && !tried.has(kind(each)) && !not(each));
    if (node) {
      tried.add(kind(node));
      done.push(named(node));
      node.focus();
      const before = written.length;
      press(node);
      await pause(0);
      if (written.length > before && node.isConnected) for (const each of node.ariaPressed === null ? [node, node.nextElementSibling] : [node]) if (each?.matches("button:not([type=submit])") && !not(each)) press(each);
      if (written.length > before + 1) hasty.push(...written.slice(before));
      await quiet();
      if (top_() && top_() !== open) {
        openers.push(named(node));
        from.push(node);
      }
    } else if (open) {
      open.close();
      await quiet();
      const opener = from.pop();
      if (opener?.isConnected && shown(opener) && document.activeElement !== opener) lost.push(named(opener));
    } else break;
    if (where() !== here) await go(address);
  }
  return { done, openers, lost, hasty };
}

// -- by keyboard ------------------------------------------------------------------------------------------------------

let tour = []; // what has had the focus, and whether that could be seen

const framed = (node) => {
  const { outlineStyle, outlineWidth, boxShadow, strokeWidth } = getComputedStyle(node);
  return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none" || (node.localName === "rect" && parseFloat(strokeWidth) > 1.5);
};

document.addEventListener("focusin", ({ target }) => {
  const within = stage()?.contains(target) && target !== stage();
  if (within) target.dataset.reached = "";
  tour.push(within ? { what: said(target), seen: [target, target.parentElement, target.firstElementChild].some((each) => each && framed(each)) } : null);
});

/** Set out at the head of the page: what is there now is to be reached. */
function depart() {
  for (const node of stage().querySelectorAll("*")) node.dataset.there = "";
  stage().tabIndex = -1;
  stage().focus();
  tour = [];
}

/** How it went: whether the page is left by now, what was reached and could not be seen to be, and what was not reached. */
function journey() {
  return { over: tour.includes(null) || document.activeElement === document.body, unseen: tour.filter((each) => each && !each.seen).map(({ what }) => what), missed: missed() };
}

/** Not reached by Tab, nor beside what was in a group that is one stop and has keys of its own. */
function missed() {
  const acts = [...stage().querySelectorAll("[data-there]:is(a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [tabindex])")];
  const group = (node) => node.closest(".rows, [role=group], [role=radiogroup]") ?? node;
  return acts.filter((node) => shown(node) && !node.matches(".unseen") && !("reached" in node.dataset)
    && !(node.type === "radio" && document.querySelector(`[name="${node.name}"][data-reached]`))
    && !(node.tabIndex < 0 && (group(node).querySelector("[data-reached]") || !/^(a|button|input|select|textarea|summary)$/.test(node.localName)))).map(said);
}

Object.assign(window, { depart, go, journey, quiet, stage, walk });
