"""What payments bring to a node."""

from __future__ import annotations

from plixa.http.api.services import Part
from plixa.http.payments.accounts import Accounts
from plixa.http.payments.deposits import Deposits

DEPOSITS = Part[Deposits]("deposits")
ACCOUNTS = Part[Accounts | None]("payment accounts")
