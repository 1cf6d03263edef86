// In a page of the panel: does whatever is offered there, and says what a keyboard reaches. `test_walks.py` loads it before the panel.

const fetched = window.fetch;
let flying = 0;
window.fetch = (...asked) => {
  flying += 1;
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

/** Until the page is there and nothing is asked any more. */
async function quiet() {
  for (let still = 0; still < 2; still = flying || document.querySelector("main[aria-busy]") ? 0 : still + 1) await pause(12);
}

async function go(address) {
  location.hash = address;
  await quiet();
}

/**
 * Press each button of this page once, and in a list one of each kind, also in the dialogs that open; those whose words are `never`
 * said are left alone, and so is what sends a form. Answers what was pressed, what opened a dialog, and which of these did not have
 * the focus again once it was closed.
 */
async function walk(address, never) {
  await go(address);
  const here = where(), tried = new Set(), done = [], openers = [], lost = [], from = [];
  const kind = (node) => `${node.localName}.${node.className} ${node.closest("li, tr") ? "of a list" : named(node)}`;
  const not = (node) => node.type === "submit" || new RegExp(never, "i").test(named(node));
  for (;;) {
    const open = top_();
    const node = [...(open ?? stage()).querySelectorAll("button, summary, [role=button], [role=tab]")].find((each) => shown(each) && !tried.has(kind(each)) && !not(each));
    if (node) {
      tried.add(kind(node));
      done.push(named(node));
      node.focus();
      node.click();
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
  return { done, openers, lost };
}

/** The element that has the focus within the page: what it is, and whether that can be seen; null outside of it. */
function reached() {
  const node = document.activeElement;
  if (!stage().contains(node) || node === stage()) return null;
  const framed = (each) => {
    const style = getComputedStyle(each);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  };
  node.dataset.reached = "";
  return { seen: framed(node) || framed(node.parentElement), what: said(node) };
}

/** What can be acted upon and was not reached: by Tab, or where several are one stop (a list, radio buttons) by its own keys. */
function missed() {
  const acts = [...stage().querySelectorAll("a[href], button, input, select, textarea, summary, [role=button], [tabindex]")];
  const stop = (node) => node.closest(".rows, .grid, [role=group], [role=radiogroup]") ?? node;
  return acts.filter((node) => shown(node) && node.type !== "hidden" && !("reached" in node.dataset)
    && !(node.type === "radio" && document.querySelector(`[name="${node.name}"][data-reached]`))
    && !(node.tabIndex < 0 && stop(node).querySelector("[data-reached]")))
    .filter((node) => node.tabIndex >= 0 || !node.hasAttribute("tabindex") || /^(A|BUTTON|INPUT)$/.test(node.tagName)).map(said);
}
