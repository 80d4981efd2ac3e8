"""The settings of a machine, from the environment, `vivace.toml` and what `vivace up` started.

The first of these that names a setting wins: arguments in code, variables `VIVACE_<NAME>`, the file
`vivace.toml` in the data folder, the addresses of running embedded engines, the default.
"""

import os
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    JsonConfigSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from connectors.errors import Unavailable
from connectors.settings import ClickHouseSettings, KafkaSettings

DATA_VARIABLE = "VIVACE_DATA"
DEFAULT_DATA = Path(".vivace")
MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
RUN_FILE = Path("run") / "engines.json"
"""Below the data folder: the settings of the embedded engines that run now."""


class Settings(BaseSettings):
    """Every setting there is; docs/reference/settings.md is made from this class."""

    model_config = SettingsConfigDict(env_prefix="VIVACE_", frozen=True, extra="forbid")

    data: Path = Field(default=DEFAULT_DATA, description="Folder of everything this machine keeps.")
    fast: bool = Field(
        default=False,
        description="Do not write each record to disk before it is acknowledged. Survives crashes "
        "of programs, not of the machine.",
    )
    log_level: str = Field(default="INFO", description="Least severe log line that is written.")
    log_file_bytes: int = Field(
        default=10 * 1024 * 1024,
        ge=64 * 1024,
        description="Size at which `vivace up` begins a program's log anew.",
    )
    log_files: int = Field(
        default=5,
        ge=1,
        description="How many earlier files of each program's log `vivace up` keeps.",
    )

    kafka_bootstrap: str = Field(
        default="",
        description="Brokers of a Kafka elsewhere, `host:port,…`. Empty: the embedded one.",
    )
    kafka_prefix: str = Field(default="", description="Stands before every topic name.")
    kafka_replication: int = Field(default=1, ge=1, description="Replicas of topics that we make.")
    kafka_port: int = Field(
        default=9092,
        ge=0,
        le=65535,
        description="Port of the embedded Kafka; 0 takes any free one.",
    )
    partitions: int = Field(
        default=8,
        ge=1,
        le=4096,
        description="Partitions of `charging` and `ledger`. Fixed once the topics are made.",
    )

    clickhouse_host: str = Field(
        default="", description="Host of a ClickHouse elsewhere. Empty: the embedded one."
    )
    clickhouse_port: int = Field(
        default=8123, ge=0, le=65535, description="HTTP port of ClickHouse; 0 takes any free one."
    )
    clickhouse_user: str = Field(default="vivace", description="User of ClickHouse.")
    clickhouse_password: SecretStr = Field(
        default=SecretStr(""),
        description="Password of that user. Made at first start when embedded.",
    )
    clickhouse_database: str = Field(default="vivace", description="Database of all tables.")

    api_host: str = Field(default="127.0.0.1", description="Address the gateway listens on.")
    api_port: int = Field(
        default=8080, ge=0, le=65535, description="Port of the gateway; 0 takes any free one."
    )
    online_host: str = Field(
        default="127.0.0.1", description="Address a charging worker's online door listens on."
    )
    online_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of a charging worker's online door; 0 takes any free one.",
    )
    network_clock: bool = Field(
        default=False,
        description="Sessions of Nchf and Diameter begin when the network says, "
        "not when they come here.",
    )
    nchf_host: str = Field(
        default="127.0.0.1",
        description="Address that Nchf (TS 32.291 and 29.594) listens on.",
    )
    nchf_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of Nchf; 0: `vivace up` starts none of the trade's doors.",
    )
    nchf_notify: str = Field(
        default="",
        description="Where notices of sessions may be posted, `https://smf1.example.net:8443,…`. "
        "Empty: nowhere.",
    )
    nchf_certificate: Path | None = Field(
        default=None,
        description="PEM file with the certificate and key of Nchf. Empty: no TLS, "
        "on the loopback interface alone.",
    )
    diameter_host: str = Field(
        default="127.0.0.1", description="Address that Diameter Credit-Control listens on."
    )
    diameter_port: int = Field(
        default=0, ge=0, le=65535, description="Port of Diameter Credit-Control; 0: there is none."
    )
    diameter_identity: str = Field(
        default="ocs.vivace.internal",
        description="Our DiameterIdentity; its realm is what follows the first point.",
    )
    diameter_peers: str = Field(
        default="",
        description="DiameterIdentities of the peers that may connect, `pgw1.example.net,…`.",
    )
    diameter_key: SecretStr = Field(
        default=SecretStr(""),
        description="API key by which Diameter peers ask: one that may write, of their tenant.",
    )
    diameter_certificate: Path | None = Field(
        default=None,
        description="PEM file with the certificate and key of Diameter. Empty: no TLS.",
    )
    diameter_authorities: Path | None = Field(
        default=None,
        description="PEM file with those who sign the peers' certificates; needed for TLS.",
    )
    radius_host: str = Field(
        default="127.0.0.1", description="Address that RADIUS accounting listens on."
    )
    radius_port: int = Field(
        default=0, ge=0, le=65535, description="Port of RADIUS accounting, UDP; 0: there is none."
    )
    radius_clients: SecretStr = Field(
        default=SecretStr(""),
        description="Addresses of RADIUS clients with their shared secrets, `192.0.2.1=secret,…`.",
    )
    registry_url: str = Field(
        default="",
        description="Schema registry elsewhere. Empty: the gateway serves `avro/` itself.",
    )

    worker: str = Field(
        default="1", description="Name of this worker; several on one machine need different ones."
    )
    session_s: float = Field(
        default=6.0,
        gt=0,
        description="Seconds until the partitions of a killed worker go to another. Brokers accept "
        "6 or more unless told otherwise.",
    )
    standbys: bool = Field(
        default=True,
        description="A charging worker keeps the partitions of other workers warm, for a short "
        "takeover; off, it reads their ledgers when it takes them over.",
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Loopback port of a process's Prometheus metrics; 0: none.",
    )

    registry_open: bool = Field(
        default=True,
        description="Schemas can be read without an API key, as Avro consumers elsewhere expect.",
    )

    tick_every_s: int = Field(
        default=60,
        ge=1,
        description="Seconds between the ticks that carry time into each partition.",
    )
    release_every_s: int = Field(
        default=1,
        ge=1,
        description="Seconds until a released record that came before its fact is tried again.",
    )
    snapshot_every_s: int = Field(
        default=300, ge=1, description="Seconds between two snapshots of an owner's tables."
    )

    webhooks: Path | None = Field(
        default=None, description="File of the receivers of webhooks, TOML. Empty: there are none."
    )
    webhook_attempts: int = Field(
        default=12,
        ge=1,
        le=100,
        description="Attempts to deliver a webhook, further and further apart, up to an hour.",
    )

    proxy: Path | None = Field(
        default=None,
        description="File of the metering proxy: providers, callers, charging; TOML. Empty: there "
        "is none.",
    )
    proxy_host: str = Field(default="127.0.0.1", description="Address the proxy listens on.")
    proxy_port: int = Field(default=8090, ge=0, le=65535, description="Port of the proxy.")

    maven_repository: str = Field(
        default=MAVEN_CENTRAL,
        description="Base address of the Maven repository that Kafka's jars are fetched from.",
    )
    cache: Path | None = Field(
        default=None, description="Folder of downloads. Empty: the user's cache folder."
    )

    @field_validator("data")
    @classmethod
    def _absolute(cls, data: Path) -> Path:
        return data.expanduser().resolve()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources; both files lie in the data folder, which only the first two name."""
        data = _data_folder(init_settings)
        file = TomlConfigSettingsSource(settings_cls, data / "vivace.toml")
        running = JsonConfigSettingsSource(settings_cls, data / RUN_FILE)
        return (
            init_settings,
            _TakenPorts(settings_cls, asked=(file, env_settings), taken=running),
            env_settings,
            file,
            running,
        )

    @property
    def kafka(self) -> KafkaSettings:
        """How to reach the broker. Raises `Unavailable` when none runs or is named."""
        if not self.kafka_bootstrap:
            raise Unavailable(
                f"No Kafka runs for {self.data}. Start one with `vivace up`, or set "
                f"VIVACE_KAFKA_BOOTSTRAP to one elsewhere."
            )
        return KafkaSettings(
            bootstrap=self.kafka_bootstrap,
            prefix=self.kafka_prefix,
            partitions=self.partitions,
            replication=self.kafka_replication,
        )

    @property
    def clickhouse(self) -> ClickHouseSettings:
        """How to reach the database. Raises `Unavailable` when none runs or is named."""
        if not self.clickhouse_host:
            raise Unavailable(
                f"No ClickHouse runs for {self.data}. Start one with `vivace up`, or set "
                f"VIVACE_CLICKHOUSE_HOST to one elsewhere."
            )
        return ClickHouseSettings(
            host=self.clickhouse_host,
            port=self.clickhouse_port,
            user=self.clickhouse_user,
            password=self.clickhouse_password.get_secret_value(),
            database=self.clickhouse_database,
        )


class _TakenPorts(PydanticBaseSettingsSource):
    """Where any port was asked for with a 0, the one that was taken."""

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        *,
        asked: tuple[PydanticBaseSettingsSource, ...],
        taken: PydanticBaseSettingsSource,
    ) -> None:
        super().__init__(settings_cls)
        self._asked = asked
        self._taken = taken

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False  # `__call__` answers for all fields at once

    def __call__(self) -> dict[str, Any]:
        asked: dict[str, Any] = {}
        for source in self._asked:
            asked |= source()
        return {
            name: port
            for name, port in self._taken().items()
            if name.endswith("_port") and str(asked.get(name)) == "0"
        }


def _data_folder(init_settings: PydanticBaseSettingsSource) -> Path:
    given: dict[str, Any] = {}
    if isinstance(init_settings, InitSettingsSource):
        given = init_settings.init_kwargs
    return Path(given.get("data") or os.environ.get(DATA_VARIABLE) or DEFAULT_DATA).expanduser()
