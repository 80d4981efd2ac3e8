"""Accounts from a CSV file: each row one account, with a service id and an opening top-up if given.

The file's digest and a row's number make the ids of its commands, so that loading a file twice, or
again after half of it was sent, does nothing twice. How long an id is known, streams/command_ids.py
says: that of money for good.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from connectors.catalog.resolution.dates import instant_at
from streams.model.account import Payment
from streams.model.balance_command import TopUp
from streams.model.command import AssignService, Command, PutAccount
from streams.model.instant import BEGINNING, FOREVER, Instant, zone
from streams.model.number_range import wrong_range

COLUMNS: Final = (
    "account",
    "root",
    "payment",
    "currency",
    "time_zone",
    "credit_limit",
    "service_id",
    "subscription",
    "price_plan",
    "start",
    "end",
    "top_up",
    "supplements",
)
"""Every column there may be. `account`, `payment`, `currency` and `time_zone` must be filled."""
ATTRIBUTE: Final = "account."
"""What the name of a column begins with that holds an attribute of the account."""

_NEEDED: Final = ("account", "payment", "currency", "time_zone")


@dataclass(frozen=True)
class FileProblem:
    """What is wrong in a line of the file."""

    line: int
    message: str


class _WrongCell(Exception):
    """A cell that does not hold what its column says."""


def read_account_file(
    path: Path, *, tenant: str, at: Instant
) -> tuple[list[Command], list[FileProblem]]:
    """The commands of a file, or everything that is wrong with it. `at` dates the top-ups."""
    content = path.read_bytes()
    cause = f"file/{tenant}/{blake2b(content, digest_size=16).hexdigest()}"
    try:
        rows = csv.DictReader(content.decode("utf-8-sig").splitlines(), strict=True)
        problems = [FileProblem(1, text) for text in _wrong_columns(rows.fieldnames or ())]
        commands: list[Command] = []
        if not problems:
            for row in rows:
                try:
                    commands += _commands_of(row, _Origin(tenant, f"{cause}/{rows.line_num}", at))
                except _WrongCell as wrong:
                    problems.append(FileProblem(rows.line_num, str(wrong)))
    except (UnicodeDecodeError, csv.Error) as error:
        return [], [FileProblem(1, f"not a CSV file in UTF-8: {error}")]
    return ([], problems) if problems else (commands, [])


def _wrong_columns(found: Any) -> Iterator[str]:
    for name in found:
        if name not in COLUMNS and name.removeprefix(ATTRIBUTE) in ("", name):
            known = ", ".join((*COLUMNS, f"{ATTRIBUTE}<attribute>"))
            yield f"unknown column {name!r}; there are {known}"
    for name in _NEEDED:
        if name not in found:
            yield f"column {name!r} is missing"


@dataclass(frozen=True)
class _Origin:
    tenant: str
    cause: str
    at: Instant


def _commands_of(row: dict[str, Any], origin: _Origin) -> Iterator[Command]:
    if None in row or None in row.values():
        raise _WrongCell("another number of cells than the first line has")
    cells = {name: text.strip() for name, text in row.items()}
    for name in _NEEDED:
        if not cells[name]:
            raise _WrongCell(f"{name} is empty")
    account, root = cells["account"], cells.get("root") or cells["account"]
    yield PutAccount(
        f"{origin.cause}/account",
        origin.tenant,
        account,
        root,
        _payment(cells["payment"]),
        cells["currency"],
        _time_zone(cells["time_zone"]),
        _amount(cells.get("credit_limit"), "credit_limit"),
        {
            name.removeprefix(ATTRIBUTE): text
            for name, text in cells.items()
            if name.startswith(ATTRIBUTE) and text
        },
    )
    if service_id := cells.get("service_id"):
        if not cells.get("price_plan"):
            raise _WrongCell(f"service {service_id} has no price_plan")
        if wrong := wrong_range(service_id):
            raise _WrongCell(wrong)
        yield AssignService(
            f"{origin.cause}/service",
            origin.tenant,
            service_id,
            account,
            root,
            cells.get("subscription") or service_id,
            cells["price_plan"],
            _instant(cells.get("start"), BEGINNING),
            _instant(cells.get("end"), FOREVER),
            cells.get("supplements") or "",
        )
    top_up = _amount(cells.get("top_up"), "top_up")
    if top_up is not None:
        yield TopUp(
            f"{origin.cause}/top-up",
            origin.tenant,
            account,
            root,
            top_up,
            cells["currency"],
            origin.at,
            "opening",
        )


def _payment(text: str) -> Payment:
    try:
        payment: Payment = msgspec.convert(text, Payment)
    except msgspec.ValidationError as error:
        raise _WrongCell(f"payment is {text!r}, not one of {get_args(Payment)}") from error
    return payment


def _time_zone(name: str) -> str:
    try:
        zone(name)
    except (KeyError, ValueError) as error:
        raise _WrongCell(f"there is no time zone {name!r}") from error
    return name


def _amount(text: str | None, column: str) -> Decimal | None:
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise _WrongCell(f"{column} is {text!r}, not a number") from error
    if not amount.is_finite() or amount < 0 or (column == "top_up" and not amount):
        raise _WrongCell(f"{column} is {text}, not an amount")
    return amount


def _instant(text: str | None, default: Instant) -> Instant:
    if not text:
        return default
    found = instant_at(text)
    if found is None:
        raise _WrongCell(f"{text!r} is no date and no time")
    return found
