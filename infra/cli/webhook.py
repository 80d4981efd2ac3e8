"""vivace webhook: receivers of alerts, and what they did not take."""

import time
from typing import Annotated

import typer
from rich.table import Table

from connectors.errors import Refused
from connectors.kafka.registry import codec_of
from connectors.kafka.topics import Topic
from connectors.webhooks.body import body_of
from connectors.webhooks.delivery import Patience, Webhook, deliverer_to, new_client
from connectors.webhooks.receivers import Receiver, read_receivers
from connectors.webhooks.topics import AlertReader
from infra.cli.options import DataOption
from infra.cli.screen import console
from infra.up import load_settings
from topologies.settings import Settings

app = typer.Typer(no_args_is_help=True)
_ATTEMPTS = 3
_END_S = 2.0
"""A topic that tells nothing for so long has been read to its end."""


@app.command("list")
def list_receivers(data: DataOption = None) -> None:
    """List the receivers of alerts."""
    table = Table()
    for column in ("receiver", "address", "alerts"):
        table.add_column(column, overflow="fold")
    for each in read_receivers(load_settings(data).webhooks):
        table.add_row(each.id, each.url, _wanted(each))
    console.print(table)


@app.command()
def replay(
    receiver: Annotated[str, typer.Argument(help="The receiver's id.")], data: DataOption = None
) -> None:
    """Deliver again what a receiver did not take, from where the last replay got to.

    Ends at the first that is not taken this time either; the next replay begins with it.
    """
    settings = load_settings(data)
    found = {each.id: each for each in read_receivers(settings.webhooks)}
    if receiver not in found:
        raise Refused(f"no receiver {receiver}; there are: {', '.join(found) or 'none'}")
    delivered, problem = _replay(found[receiver], settings)
    console.print(f"{delivered} delivered")
    if problem:
        raise Refused(problem)


def _replay(receiver: Receiver, settings: Settings) -> tuple[int, str]:
    patience = Patience(attempts=_ATTEMPTS)
    codec = codec_of(settings.registry_url, prefix=settings.kafka.prefix)
    name, count = f"webhook-{receiver.id}-replay", 0
    with (
        new_client(patience) as client,
        AlertReader(settings.kafka, Topic.UNDELIVERED, codec, name=name, from_start=True) as reader,
    ):
        deliverer = deliverer_to(receiver, client, patience=patience, wait=_pause)
        while batch := reader.read(_END_S):
            for meant, taken in batch:
                if meant != receiver.id:
                    continue
                webhook = Webhook(taken.alert.alert_id, body_of(taken.alert))
                ended = deliverer.deliver(webhook)
                if not ended.is_delivered:
                    return count, f"webhook {webhook.message_id}: {ended.problem}"
                count += 1
            reader.acknowledge()
    return count, ""


def _pause(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _wanted(receiver: Receiver) -> str:
    words = ("tenants", "accounts", "thresholds", "kinds", "to")
    asked = {word: getattr(receiver, word) for word in words}
    told = (f"{word}: {', '.join(names)}" for word, names in asked.items() if names)
    return "; ".join(told) or "all"
