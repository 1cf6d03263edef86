"""The back office, as staff walk through it."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest

from tests.browser.conftest import Opens, Shop, at, until
from tests.browser.test_composer import SUBSCRIBED, notice
from tests.browser.test_look import broken, too_wide
from tests.harness import Program

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
EMAIL, PASSWORD = "rita@plixa.example", "a long password of staff"
PLACES = {
    "/": "Overview",
    "/tenants": "Workspaces",
    "/desk": "Support",
    "/articles": "Help articles",
    "/articles/new": "New article",
    "/campaigns": "Campaigns",
    "/campaigns/new": "New campaign",
    "/audit": "Audit",
}


@pytest.fixture(scope="session")
def staff(shop: Shop) -> str:
    """The token of Rita, who is staff."""
    folder = shop.program.log.parent
    env = {"PLIXA_DATA_DIR": str(folder / "data"), "DATABASE_URL": "", "ADMIN_PASSWORD": PASSWORD}
    Program("plixa", "staff", "add", EMAIL, "--name", "Rita", log=folder / "staff.log", env=env).run()
    return token(shop)


def token(shop: Shop) -> str:
    """Of a new session, past the second factor where there is one by now."""
    made = shop.api.post("/v1/admin/auth/login", json={"email": EMAIL, "password": PASSWORD})
    return str(made.json()["data"]["token"])


def office(opened: Opens, staff: str, place: str = "/", **more: Any) -> Any:
    """A page of the back office, signed in."""
    page = opened("/staff/", **more)
    page.evaluate(f"sessionStorage.setItem('plixa.staff', {staff!r})")
    page.goto(page.url.partition("#")[0] + f"#{place}")
    page.reload()
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_back_office_fits_and_can_be_read(opened: Opens, staff: str, scheme: str) -> None:
    for width in (390, 1280):
        page = office(opened, staff, width=width, color_scheme=scheme)
        for place, heading in PLACES.items():
            page.evaluate(f"location.hash = '#{place}'")
            at(page, heading)
            assert not too_wide(page), f"{place} at {width}"
            assert broken(page) == [], f"{place} at {width}"


@pytest.mark.parametrize(("language", "heading"), [("pt-BR", "Visão geral"), ("es", "Resumen")])
def test_the_back_office_speaks_the_languages_of_staff(opened: Opens, staff: str, language: str, heading: str) -> None:
    at(office(opened, staff, locale=language), heading)


def test_this_browser_is_told_of_tickets_in_its_language(opened: Opens, staff: str, shop: Shop) -> None:
    page = office(opened, staff, locale="es", permissions=["notifications"])
    page.evaluate(f"({SUBSCRIBED})()")
    with page.expect_response("**/v1/admin/push/subscriptions") as kept:
        page.get_by_role("button", name="Avisarme en esta computadora").click()
    assert (kept.value.status, kept.value.request.post_data_json["locale"]) == (201, "es")
    page.get_by_role("button", name="Avisarme en esta computadora").wait_for(state="detached")
    pushed = {"title": "Padaria ha escrito", "body": "No abre", "ticket_id": 5}
    assert notice(page, shop, "/staff/", pushed) == ["Padaria ha escrito", "No abre", "/staff/#/desk/5"]


def test_a_workspace_is_found_suspended_and_active_again_by_the_keyboard(opened: Opens, staff: str, shop: Shop) -> None:
    name = shop.api.get("/v1/me").json()["data"]["tenant"]["name"]
    page = at(office(opened, staff, "/tenants"), "Workspaces")
    page.get_by_label("Name, address or owner").fill(name)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=name).focus()
    page.keyboard.press("Enter")
    at(page, name)
    assert page.get_by_text("false", exact=True).count() == 0  # what is not there is not drawn as a word
    page.get_by_role("button", name="Suspend").press("Enter")
    page.get_by_label("Reason").fill("a test")
    page.get_by_label("Reason").press("Enter")
    page.get_by_text("Suspended: a test").wait_for()
    page.get_by_role("button", name="Reactivate").press("Enter")
    page.get_by_role("button", name="Suspend").wait_for()
    page.get_by_role("link", name="What staff did here").click()
    at(page, "Audit").get_by_text("tenant.reactivated").wait_for()


def test_a_ticket_comes_in_live_and_is_answered(opened: Opens, staff: str, shop: Shop) -> None:
    page = at(office(opened, staff, "/desk"), "Support")
    page.get_by_text("Live", exact=True).wait_for()
    made = shop.api.post("/v1/support/tickets", json={"subject": "Tudo lento", "body": "Desde ontem"}).json()["data"]
    page.get_by_text("Tudo lento").click()
    at(page, "Tudo lento")
    page.get_by_label("Answer").fill("We look at it.")
    page.get_by_label("Files").set_input_files({"name": "como.txt", "mimeType": "text/plain", "buffer": b"Reinicie."})
    page.get_by_role("button", name="Send").click()
    page.locator(".staff-word.staff").wait_for()
    assert broken(page) == []
    heard = shop.api.get(f"/v1/support/tickets/{made['id']}").json()["data"]
    assert [each["body"] for each in heard["messages"]] == ["Desde ontem", "We look at it."]
    shop.api.post(f"/v1/support/tickets/{made['id']}/messages", json={"body": "Obrigada"})
    page.get_by_text("Obrigada").wait_for()  # live
    with page.expect_download() as file:
        page.get_by_role("button", name="como.txt").click()
    assert file.value.suggested_filename == "como.txt"
    # The member lets staff look at one conversation, with its words hidden
    member = at(opened(f"/panel/#/support/{made['id']}", token=shop.token), "Ask Plixa")
    member.get_by_role("button", name="como.txt").wait_for()
    member.get_by_label("Let us see a conversation").select_option(label="Bia Fernandes")
    shop.api.post(f"/v1/support/tickets/{made['id']}/messages", json={"body": "Agora mesmo"})
    member.get_by_text("Agora mesmo").wait_for()  # and who is chosen is still chosen
    member.get_by_role("button", name="Allow it").click()
    given = member.get_by_role("list", name="What Plixa may look at")
    given.filter(has_text="Bia Fernandes").get_by_text("names and words hidden").wait_for()
    page.get_by_role("button", name="Look").click()
    page.get_by_role("dialog").get_by_text("The customer sent a text.").first.wait_for()
    assert page.get_by_role("dialog").get_by_text("mudar minha entrega").count() == 0
    given.get_by_role("button", name="Take it back").click()
    given.wait_for(state="detached")


def test_staff_step_in_and_the_panel_says_so(opened: Opens, staff: str, shop: Shop) -> None:
    page = office(opened, staff, f"/tenants/{shop.api.get('/v1/me').json()['data']['tenant']['id']}")
    page.get_by_role("button", name="Step in").click()
    page.get_by_label("Reason").fill("a ticket")
    with page.expect_popup() as popup:
        page.get_by_role("dialog").get_by_role("button", name="Step in").click()
    panel = popup.value
    panel.get_by_role("alert").get_by_text("Rita").wait_for()
    assert page.evaluate("sessionStorage.getItem('plixa.token')") is None
    page.get_by_role("button", name="Step out").click()
    panel.locator("input[name=email]").wait_for()  # back at the sign-in


def test_staff_sign_in_with_a_second_factor(opened: Opens, staff: str, shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {token(shop)}"}
    made = shop.api.post("/v1/admin/me/2fa/setup", json={"password": PASSWORD}, headers=headers).json()["data"]
    totp = pyotp.TOTP(made["secret"])
    shop.api.post("/v1/admin/me/2fa/confirm", json={"code": totp.now()}, headers=headers).raise_for_status()
    used = totp.now()
    page = opened("/staff/", width=390, forgive="Failed to load resource")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    code = page.get_by_label("Code of your authenticator app")
    assert broken(page) == []
    until(lambda: totp.now() != used, 40)
    code.fill(totp.now())
    code.press("Enter")
    at(page, "Overview")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail").wait_for()
