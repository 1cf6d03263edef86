"""Pictures of every page in two widths: `python -m tests.browser.pictures FOLDER [WIDTH]`, and then look at each.

The pages are those of the panel's routes, and a conversation with what can be in one.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plixa.http.panel.pages import HERE
from tests.browser.conftest import Shop, open_chromium, open_shop

WIDTHS = {390: 844, 1440: 900}
LINE = re.compile(r'^  \{ name: "(\w+)", at: "([^"]+)".*$', re.MULTILINE)
VISIT = re.compile(r'visit: "([^"]+)"')


def addresses() -> Iterator[tuple[str, str]]:
    """Every page of the panel: its name, and an address of it."""
    for found in LINE.finditer((HERE / "routes.js").read_text()):
        visit = VISIT.search(found[0])
        yield found[1], visit[1] if visit else re.sub(r"/:\w+\?", "", found[2])


def furnish(shop: Shop) -> int:
    """A shop in the middle of its day; returns the conversation to look at."""
    for name, text in (
        ("Ana Souza", "Bom dia! Tem bolo de chocolate?"),
        ("Carlos Lima", "Meu pedido não chegou"),
        ("Dona Rosa", "Obrigada, ficou *lindo*!"),
    ):
        shop.writes(shop.customer(), text, name=name)
    phone = shop.customer()
    shop.writes(phone, "atendente, queria mudar a entrega para sexta", name="Beatriz Almeida")
    shop.writes(phone, "foto do pedido", name="Beatriz Almeida", type="image")
    found: int = shop.conversation(phone)["id"]
    for label in shop.api.get("/v1/labels").json()["data"][:2]:
        shop.api.post(f"/v1/conversations/{found}/labels/{label['id']}")
    note = {"body": "Cliente antiga, tratar com carinho.", "type": "note"}
    shop.api.post(f"/v1/conversations/{found}/messages", json=note)
    shop.api.post(f"/v1/conversations/{found}/messages", json={"body": "Claro, *sexta às 10h* está bom?"})
    shop.api.put("/v1/sla-config", json={"first_response_seconds": 600, "resolution_seconds": 43_200})
    asked = {"subject": "A fatura não chega", "body": "Desde ontem espero o e-mail com a fatura."}
    shop.api.post("/v1/support/tickets", json=asked)
    later = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}T10:00"
    many = {"source": "manual", "recipients": [{"phone": shop.customer()} for _ in range(12)], "scheduled_at": later}
    shop.api.post("/v1/broadcasts", json={"name": "Panetones", "body": "Os panetones chegaram!", **many})
    return found


def special(shop: Shop, conversation: int) -> dict[str, str]:
    """Pages of which there are several sorts, and addresses of them; those of the routes with something in them."""
    flow, contact, ticket = (
        shop.api.get(f"/v1/{each}").json()["data"][0]["id"] for each in ("flows", "contacts", "support/tickets")
    )
    return {
        "flow": f"/flows/{flow}",
        "why": f"/conversations/{conversation}/why",
        "conversation": f"/conversations/{conversation}",
        "contact": f"/contacts/{contact}",
        "ticket": f"/support/{ticket}",
        "week": "/agenda?as=week",
        **{each: f"/reports/{each}" for each in ("volume", "sla", "agents", "csat", "appointments", "utilisation")},
        "nowhere": "/nope",
    }


def take(folder: Path, widths: Mapping[int, int]) -> None:
    """Write one picture a page, width and scheme into the folder."""
    with tempfile.TemporaryDirectory() as kept, open_shop(Path(kept)) as shop, open_chromium() as browser:
        pages = {**dict(addresses()), **special(shop, furnish(shop))}
        for width, height in widths.items():
            for scheme in ("light", "dark"):
                view = {"width": width, "height": height}
                context = browser.new_context(viewport=view, color_scheme=scheme, locale="pt-BR")
                _sign_in(context, shop, folder / f"signin-{width}-{scheme}.png")
                for name, address in pages.items():
                    _picture(context, f"{shop.url}/panel/#{address}", folder / f"{name}-{width}-{scheme}.png")
                context.close()


def _sign_in(context: Any, shop: Shop, path: Path) -> None:
    _picture(context, f"{shop.url}/panel/", path)
    context.add_init_script(f"sessionStorage.setItem('plixa.token', {shop.token!r})")


def _picture(context: Any, url: str, path: Path) -> None:
    page = context.new_page()
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)
    page.screenshot(path=path)
    page.close()


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
    target.mkdir(parents=True, exist_ok=True)
    chosen = {int(each) for each in sys.argv[2:]} or set(WIDTHS)
    take(target, {width: height for width, height in WIDTHS.items() if width in chosen})
    print(f"{len(list(target.glob('*.png')))} pictures in {target}")
