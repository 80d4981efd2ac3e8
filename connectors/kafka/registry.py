"""Our schemas in the shape of Confluent's Schema Registry: served read-only, or registered outside.

Foreign Avro consumers find a schema by the number in a message's framing; the answers here are the
ones that their clients ask for.
"""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from connectors.errors import Refused, Unavailable
from connectors.kafka.avro import AvroCodec
from connectors.kafka.contracts import Contract, contracts
from connectors.kafka.topics import Topic

OUTSIDE: Final = (Topic.ALERTS, Topic.RATED, Topic.SESSION_COMMANDS)
"""The topics whose readers are not ours; only they use an outside registry's numbers."""

SUBJECT_NOT_FOUND: Final = 40401
VERSION_NOT_FOUND: Final = 40402
SCHEMA_NOT_FOUND: Final = 40403

_TIMEOUT_S: Final = 10.0


class NotRegistered(Refused):
    """No such subject, version or schema; `error_code` is the registry protocol's."""

    def __init__(self, error_code: int, message: str) -> None:
        super().__init__(message)
        self.error_code = error_code


class Registry:
    """The schemas of `avro/` by number and by subject. Every method raises NotRegistered."""

    def __init__(self, *, prefix: str = "") -> None:
        self._by_subject: Mapping[str, tuple[Contract, ...]] = {
            f"{prefix}{versions[-1].subject}": versions for versions in contracts().values()
        }
        self._by_number = {
            contract.schema_id: (subject, contract)
            for subject, versions in self._by_subject.items()
            for contract in versions
        }

    def subjects(self) -> list[str]:
        """Names of all subjects."""
        return sorted(self._by_subject)

    def versions(self, subject: str) -> list[int]:
        """Version numbers of a subject."""
        return [contract.version for contract in self._subject(subject)]

    def version(self, subject: str, version: str) -> dict[str, Any]:
        """One version of a subject; `latest` and `-1` name the newest."""
        known = self._subject(subject)
        if version in ("latest", "-1"):
            return _described(subject, known[-1])
        for contract in known:
            if str(contract.version) == version:
                return _described(subject, contract)
        raise NotRegistered(VERSION_NOT_FOUND, f"Version {version} not found.")

    def schema(self, number: int) -> dict[str, Any]:
        """The schema of a number."""
        _, contract = self._numbered(number)
        return {"schema": contract.text}

    def versions_of(self, number: int) -> list[dict[str, Any]]:
        """Where a number is used, as (subject, version)."""
        subject, contract = self._numbered(number)
        return [{"subject": subject, "version": contract.version}]

    def find(self, subject: str, schema: str) -> dict[str, Any]:
        """The version of a subject whose text is `schema`."""
        for contract in self._subject(subject):
            if contract.text == schema:
                return _described(subject, contract)
        raise NotRegistered(SCHEMA_NOT_FOUND, "Schema not found.")

    def _subject(self, subject: str) -> tuple[Contract, ...]:
        found = self._by_subject.get(subject)
        if found is None:
            raise NotRegistered(SUBJECT_NOT_FOUND, f"Subject '{subject}' not found.")
        return found

    def _numbered(self, number: int) -> tuple[str, Contract]:
        found = self._by_number.get(number)
        if found is None:
            raise NotRegistered(SCHEMA_NOT_FOUND, f"Schema {number} not found.")
        return found


def _described(subject: str, contract: Contract) -> dict[str, Any]:
    return {
        "subject": subject,
        "version": contract.version,
        "id": contract.schema_id,
        "schema": contract.text,
    }


def codec_of(registry_url: str, *, prefix: str = "") -> AvroCodec:
    """The codec with our own numbers, or with those of an outside registry where one is set.

    Registers the schemas that outside readers need. Raises Unavailable, Refused.
    """
    if not registry_url:
        return AvroCodec()
    with httpx.Client(base_url=registry_url, timeout=_TIMEOUT_S) as client:
        return AvroCodec(
            {
                (contract.topic, contract.version): _register(client, contract, prefix)
                for topic in OUTSIDE
                for contract in contracts()[topic]
            }
        )


def _register(client: httpx.Client, contract: Contract, prefix: str) -> int:
    what = f"registry {client.base_url}: {contract.topic} v{contract.version}"
    try:
        response = client.post(
            f"/subjects/{prefix}{contract.subject}/versions", json={"schema": contract.text}
        )
    except httpx.TransportError as error:
        raise Unavailable(f"{what}: {error}") from error
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"{what}: {response.status_code} {response.text[:200]}")
    if response.is_error:
        raise Refused(f"{what}: {response.status_code} {response.text[:200]}")
    return int(response.json()["id"])
