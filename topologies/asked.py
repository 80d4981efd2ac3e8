"""Requests of the online door that share a ledger record, answered on one layer.

Next to no request raises: so all are done as if none could, and only where one has, each is done
anew on a layer of its own. Which of the two ways it was makes no difference to the record.
"""

from collections.abc import Sequence
from typing import NamedTuple

from connectors.errors import ConnectorError
from streams.model.charging_session import ChargingAnswer, ChargingRequest
from streams.state import Effects
from topologies.overlay import Overlay, Readable
from topologies.ports import Core
from topologies.requests import RequestFailed


class Asked(NamedTuple):
    """What requests have changed, and an answer for each of them."""

    overlay: Overlay
    effects: Effects
    answers: list[ChargingAnswer | Exception]


def ask_all(requests: Sequence[ChargingRequest], core: Core, store: Readable) -> Asked:
    """Do what is asked, in order. What raises is undone alone, and told as RequestFailed."""
    overlay, effects = Overlay(store), Effects()
    answers: list[ChargingAnswer | Exception] = []
    try:
        for request in requests:
            answers.append(core.ask(request, state=overlay, effects=effects))
    except ConnectorError:
        raise
    except Exception:  # a bug met a request; which one is found out
        return _ask_singly(requests, core, store)
    return Asked(overlay, effects, answers)


def _ask_singly(requests: Sequence[ChargingRequest], core: Core, store: Readable) -> Asked:
    overlay, effects = Overlay(store), Effects()
    answers: list[ChargingAnswer | Exception] = []
    for request in requests:
        layer, own = Overlay(overlay), Effects()
        try:
            answers.append(core.ask(request, state=layer, effects=own))
        except ConnectorError:
            raise
        except Exception as error:  # told to the one who asked
            answers.append(RequestFailed(f"{type(error).__name__}: {error}"))
            continue
        overlay.absorb(layer)
        effects.extend(own)
    return Asked(overlay, effects, answers)
