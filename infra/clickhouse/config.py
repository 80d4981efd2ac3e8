"""The two files the ClickHouse server reads. Written anew at each start."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from infra.ports import LOOPBACK

_PROFILE = {
    "network_compression_method": "LZ4",  # every client library knows it
    "async_insert": "0",  # an acknowledged insert is stored
    "implicit_select": "0",
    "allow_introspection_functions": "0",
    "max_memory_usage": str(1024 * 1024 * 1024),
    "max_bytes_before_external_group_by": str(512 * 1024 * 1024),
    "max_bytes_before_external_sort": str(512 * 1024 * 1024),
}
_SERVER = {
    "max_server_memory_usage": str(1536 * 1024 * 1024),
    "mark_cache_size": str(128 * 1024 * 1024),
    "max_concurrent_queries": "100",
    "background_pool_size": "4",
    "background_schedule_pool_size": "8",
    "background_fetches_pool_size": "1",
    "background_common_pool_size": "2",
    "background_move_pool_size": "1",
    "background_distributed_schedule_pool_size": "1",
    "background_message_broker_schedule_pool_size": "1",
    "background_buffer_flush_schedule_pool_size": "1",
}
_DURABLE = {"fsync_after_insert": "1", "fsync_part_directory": "1"}
_MERGES = {
    "number_of_free_entries_in_pool_to_lower_max_size_of_merge": "2",
    "number_of_free_entries_in_pool_to_execute_mutation": "2",
    "number_of_free_entries_in_pool_to_execute_optimize_entire_partition": "2",
}


@dataclass(frozen=True, kw_only=True)
class ServerPlace:
    """Where a server keeps its tables and listens, and who may enter."""

    directory: Path
    http_port: int
    user: str
    password: str
    durable: bool = True


def server_xml(place: ServerPlace) -> str:
    """Return config.xml: listeners, limits, and fsync of each part when `durable`."""
    merge_tree = _MERGES | (_DURABLE if place.durable else {})
    return (
        "<clickhouse>"
        f"<listen_host>{LOOPBACK}</listen_host><http_port>{place.http_port}</http_port>"
        f"<users_config>{escape(str(place.directory / 'users.xml'))}</users_config>"
        f"{_elements(_SERVER)}<merge_tree>{_elements(merge_tree)}</merge_tree>"
        "</clickhouse>"
    )


def users_xml(place: ServerPlace, *, stop_user: str, stop_password: str) -> str:
    """Return users.xml.

    The engine logs itself in as `default` without a password, which is built in; that user keeps
    only what holding the process needs. `stop_user` may do nothing but end that hold.
    """
    everything = ("ALL ON *.*",)
    hold = ("SYSTEM LISTEN ON *.*", "SELECT ON system.numbers")
    end = ("KILL QUERY ON *.*", "SELECT ON system.processes")
    return (
        f"<clickhouse><profiles><default>{_elements(_PROFILE)}</default></profiles>"
        "<quotas><default/></quotas><users>"
        + _user("default", "<password></password>", hold)
        + _user(place.user, _hashed(place.password), everything)
        + _user(stop_user, _hashed(stop_password), end)
        + "</users></clickhouse>"
    )


def _user(name: str, password: str, grants: tuple[str, ...]) -> str:
    queries = "".join(f"<query>GRANT {grant}</query>" for grant in grants)
    return (
        f"<{name}>{password}<networks><ip>127.0.0.1</ip><ip>::1</ip></networks>"
        f"<profile>default</profile><quota>default</quota><grants>{queries}</grants></{name}>"
    )


def _hashed(password: str) -> str:
    digest = hashlib.sha256(password.encode()).hexdigest()
    return f"<password_sha256_hex>{digest}</password_sha256_hex>"


def _elements(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
