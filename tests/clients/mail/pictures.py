"""Every letter and a campaign as pictures, each language in light and in dark: `python -m tests.clients.mail.pictures`.

A person looks at them; that none is empty, and each in its colours, a test sees.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import trio
from tests.clients.mail.values import VALUES

from plixa.http.campaigns.letters import Person, letter
from plixa.http.clients.mail.kinds import KINDS
from plixa.http.clients.mail.render import render
from plixa.http.clients.mail.templates.words import LOCALES
from plixa.http.clients.markdown import render as markdown

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TILE, HIGH = 620, 1080
NEWS = """
# Novidades

Oi **{{first_name}}**, em *{{company}}* há mais para ver:

- agenda com lembretes
- [artigos de ajuda](https://app.plixa.app/help/)

> Uma citação, e `código`.

1. primeiro
2. segundo
"""


def letters(locale: str) -> dict[str, str]:
    """HTML of each letter by its name, and of a campaign's mail."""
    body = trio.run(lambda: markdown(NEWS, most=4096, pictures="https://app.plixa.app/i/"))
    person = Person("ana@example.com", "Ana Lima", "Padaria São João & Filhos", locale)
    news = letter("Novidades", (body.html, body.text), person, "https://app.plixa.app/v1/unsubscribe/x", "campaign-1-1")
    return {kind: render(kind, locale, VALUES).html for kind in KINDS} | {"campaign": news.html}


def draw(html: list[str], picture: Path, *, dark: bool) -> Path:
    """All of them side by side, four in a row."""
    frames = "".join(
        f'<iframe width="{TILE}" height="{HIGH}" style="border:0" srcdoc="{_quoted(each)}"></iframe>' for each in html
    )
    scheme, high = "dark" if dark else "light", (len(html) + 3) // 4 * HIGH
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "letters.html")
        page.write_text(
            f'<html style="color-scheme:{scheme}"><body style="margin:0;font-size:0;width:{4 * TILE}px">{frames}'
        )
        command = [
            str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={folder}/profile", f"--screenshot={picture}", f"--window-size={4 * TILE},{high}",
            "--virtual-time-budget=8000",
            *(["--force-dark-mode"] if dark else []), page.as_uri(),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=50)
    return picture


def _quoted(html: str) -> str:
    return html.replace("&", "&amp;").replace('"', "&quot;")


def main(folder: Path) -> None:
    """Draw them all; prints where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for locale in LOCALES:
        for dark in (False, True):
            picture = folder / f"letters-{locale}-{'dark' if dark else 'light'}.png"
            print(draw(list(letters(locale).values()), picture, dark=dark))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.clients.mail.pictures", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("letters"), help="where the pictures go")
    if BROWSER is None:
        sys.exit("There is no Chromium on this machine to draw the letters with.")
    main(parser.parse_args().folder)
