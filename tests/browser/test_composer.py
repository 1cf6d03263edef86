"""What an answer is written in, part by part, in one conversation; and what this browser is told while nobody looks."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.browser.conftest import Opens, Shop, at_inbox, until
from tests.browser.test_inbox import composer, messages, row

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CARRIED = """(box, [content, name, how]) => {
  const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type: "image/png" }));
  const how_ = { bubbles: true, cancelable: true };
  box.dispatchEvent(how === "paste" ? new ClipboardEvent("paste", { ...how_, clipboardData: carried })
    : new DragEvent("drop", { ...how_, dataTransfer: carried }));
}"""


def test_files_voice_emoji_quotes_and_marks(shop: Shop, opened: Opens) -> None:
    phone = shop.customer()
    shop.writes(phone, "atendente, me mande tudo", name="Tudo Junto")
    page = at_inbox(opened(token=shop.token, permissions=["microphone"]))
    row(page, "Tudo Junto").get_by_role("button").click()
    asked = messages(page).get_by_role("listitem").filter(has_text="me mande tudo")
    asked.wait_for()
    form = page.get_by_role("form", name="Answer")

    # In fewer words, by the AI, and as it was before
    composer(page).fill("Já vai sair. Um momento. Já vai sair.")
    page.get_by_label("Ask the AI", exact=True).click()
    page.get_by_role("button", name="Shorten").click()
    until(lambda: composer(page).input_value() == "Já vai sair. Um momento.")
    page.get_by_role("button", name="Undo").click()
    until(lambda: composer(page).input_value() == "Já vai sair. Um momento. Já vai sair.")
    composer(page).fill("")

    # An answer that quotes, with an emoji and WhatsApp's marks
    asked.hover()
    asked.get_by_role("button", name="Quote this message").click()
    form.get_by_text("atendente, me mande tudo").wait_for()
    _emoji(page, "🎉")
    composer(page).press_sequentially(" *claro*, _já_ ~não~")
    composer(page).press("Enter")
    until(lambda: "🎉 *claro*, _já_ ~não~" in shop.answers(phone))
    mine = messages(page).get_by_role("listitem").filter(has_text="claro")
    assert [mine.locator(tag).inner_text() for tag in (".body strong", ".body em", ".body s")] == ["claro", "já", "não"]
    mine.locator(".quote").wait_for()

    # Three files at once: one chosen, one pasted, one dropped; the words go with the first
    page.locator(".composer input[type=file]").set_input_files(
        [{"name": "cardapio.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}]
    )
    composer(page).evaluate(CARRIED, [PNG, "colada.png", "paste"])
    page.locator(".thread").evaluate(CARRIED, [PNG, "solta.png", "drop"])
    for name in ("cardapio.pdf", "colada.png", "solta.png"):
        form.get_by_text(re.compile(name)).wait_for()
    form.locator(".chip").filter(has_text="colada").get_by_role("button", name="Remove").click()  # after all not
    form.get_by_text(re.compile("colada.png")).wait_for(state="detached")
    composer(page).fill("Aqui está")
    with page.expect_request("**/media-messages"):
        composer(page).press("Enter")
    sent = f"/v1/conversations/{shop.conversation(phone)['id']}/messages"

    def files() -> list[tuple[str, str | None]]:
        found = shop.api.get(sent).json()["data"]
        return sorted((each["type"], each["body"]) for each in found if each["media"])

    until(lambda: len(files()) == 2)
    assert files() == [("document", "Aqui está"), ("image", None)]
    until(lambda: page.get_by_role("progressbar").count() == 0)

    # A voice message
    page.get_by_role("button", name="Record a voice message").click()
    page.get_by_role("timer").filter(has_text=re.compile("0:0[1-9]")).wait_for()
    form.locator(".recording").get_by_role("button", name="Send", exact=True).click()
    until(lambda: ("audio", None) in files())

    # Marked as unread, for oneself
    page.get_by_label("More", exact=True).click()
    page.get_by_role("button", name="Mark as unread").click()
    row(page, "Tudo Junto").get_by_role("img", name="Marked as unread").wait_for()
    page.reload()
    at_inbox(page)
    row(page, "Tudo Junto").get_by_role("img", name="Marked as unread").wait_for()
    row(page, "Tudo Junto").get_by_role("button").click()
    row(page, "Tudo Junto").get_by_role("img", name="Marked as unread").wait_for(state="detached")


def _emoji(page: Any, which: str) -> None:
    page.get_by_label("Emoji", exact=True).click()
    page.get_by_role("button", name=which, exact=True).click()


SUBSCRIBED = """() => { PushManager.prototype.subscribe = async function subscribe({ applicationServerKey: key }) {
  if (!key) throw new Error("no key");
  const p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
  const keys = { p256dh, auth: "BTBZMqHH6r4Tts7J_aSIgg" };
  return { toJSON: () => ({ endpoint: "https://fcm.googleapis.com/fcm/send/a-browser", keys }) };
}; }"""


def test_this_browser_is_told_while_nobody_looks(shop: Shop, opened: Opens) -> None:
    page = opened("/healthz", token=shop.token, permissions=["notifications"])
    page.add_init_script(f"({SUBSCRIBED})()")
    with page.expect_response("**/v1/push/subscriptions") as kept:
        page.goto(f"{shop.url}/panel/")
    assert kept.value.status in (200, 201), kept.value.text()
    pushed = {"title": "Rosa", "body": "Tem bolo?", "conversation_id": 7}
    assert notice(page, shop, "/panel/", pushed) == ["Rosa", "Tem bolo?", "/panel/#/conversations/7"]


def notice(page: Any, shop: Shop, scope: str, pushed: dict[str, Any]) -> list[str]:
    """What this browser shows of a push to the worker of the page that is open, and where a click on it leads."""
    devtools = page.context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    devtools.send("ServiceWorker.enable")
    until(lambda: page.wait_for_timeout(100) or [each for each in found if each["scopeURL"].endswith(scope)])
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.goto(f"{shop.url}/healthz")  # nobody looks at the panel
    registration = [each for each in found if each["scopeURL"].endswith(scope)][-1]["registrationId"]
    message = {"origin": shop.url, "registrationId": registration, "data": json.dumps(pushed)}
    devtools.send("ServiceWorker.deliverPushMessage", message)
    shown = """(scope) => navigator.serviceWorker.getRegistration(scope).then((each) => each.getNotifications())
      .then((all) => all.map(({ title, body, data }) => [title, body, data]))"""
    until(lambda: page.evaluate(shown, scope))
    [told] = page.evaluate(shown, scope)
    return list(told)
