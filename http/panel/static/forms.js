// Forms: sent by their button, with what is wrong beside the fields.

import { el, showErrors } from "./ui.js";

/** A form that is sent by `submit(fields)`; what is wrong is shown beside its fields. */
export function formOf(submitLabel, fields, submit) {
  const press = el("button", { type: "submit", class: "primary wide", text: submitLabel });
  const form = el("form", { class: "stack", noValidate: true }, ...fields, el("p", { class: "form-error", role: "alert" }), press);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    press.disabled = true;
    try {
      await submit(Object.fromEntries(new FormData(form)));
      showErrors(form, null);
    } catch (error) {
      showErrors(form, error);
    } finally {
      press.disabled = false;
    }
  });
  return form;
}
