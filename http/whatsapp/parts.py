"""What this feature brings to a node."""

from __future__ import annotations

from plixa.http.api.services import Part
from plixa.http.whatsapp.directory import Directory
from plixa.http.whatsapp.evolution.client import EvolutionClient
from plixa.http.whatsapp.ingress import Ingress
from plixa.http.whatsapp.links import Links
from plixa.http.whatsapp.qr import QrBoard

GATEWAY = Part[EvolutionClient]("the gateway")
DIRECTORY = Part[Directory]("the directory of peers")
QR = Part[QrBoard]("the QR codes")
LINKS = Part[Links]("what fetches files from the web")
INGRESS = Part[Ingress]("the webhooks' entry")
