"""Leases at the door: what was granted is signed with the caller's key, and known again.

A key is kept as the digest of its secret; whoever bears it can work that digest out, nobody else
can. So a lease needs no key of its own to be made, handed round and changed.
"""

from connectors.api.keys import ApiKey, KeyStore
from connectors.client.leases import Lease, key_id_of, read_lease
from connectors.errors import Refused
from streams.model.charging_session import ChargingAnswer, ChargingRequest
from streams.model.instant import format_instant

HEADER = "vivace-lease"
"""In it a report brings the lease that it reports on."""


def lease_of(request: ChargingRequest, answer: ChargingAnswer, key: ApiKey) -> str:
    """The signed grant of an answer; empty where nothing was granted."""
    granted = {
        each.group: {usage.unit: str(usage.quantity) for usage in each.granted}
        for each in answer.services
        if each.granted
    }
    if not granted:
        return ""
    lease = Lease(
        key_id=key.key_id,
        tenant=request.tenant,
        session=request.session,
        sequence=request.sequence,
        service_id=request.service_id,
        valid_until=format_instant(answer.valid_until),
        granted=granted,
    )
    return lease.signed(key.digest)


def check_lease(token: str, request: ChargingRequest, keys: KeyStore) -> None:
    """Raises Refused where we have not signed it, or not for this session and service."""
    key = keys.named(key_id_of(token))
    if key is None:
        raise Refused("the lease is signed with a key that is not known any more")
    lease = read_lease(token, key.digest)
    told = (lease.tenant, lease.session, lease.service_id)
    if told != (request.tenant, request.session, request.service_id):
        raise Refused("the lease was made out for another session or service")
