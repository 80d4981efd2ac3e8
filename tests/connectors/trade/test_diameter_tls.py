"""Diameter inside TLS: who has no certificate, or another's, gets no word in."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.errors import Refused
from connectors.trade.diameter.tls import context_of
from tests.connectors.trade import flows
from tests.connectors.trade.test_diameter_foreign import (
    REQUESTED,
    RESULT,
    TIME,
    Gateway,
    credit,
    group,
    hello,
    number,
)
from tests.connectors.trade.test_diameter_wire import Server, free_port
from tests.connectors.trade.worker import MemoryWorker, load

pytestmark = pytest.mark.xdist_group("diameter")
UNKNOWN_PEER = 3010
PEERS = ["pgw.access.net", "other.access.net"]


class Authority:
    """Signs certificates, each with its key in one file."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._signed(self._name, self._key, None))

    def certificate(self, name: str) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        packed = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = self._folder / f"{self.file.stem}-{name}.pem"
        file.write_bytes(packed + self._signed(subject, key, name))
        return file

    def _signed(self, subject: x509.Name, key: Any, name: str | None) -> bytes:
        now = datetime.now(UTC)
        usage = x509.BasicConstraints(ca=name is None, path_length=None)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(usage, critical=True)
        )
        if name is not None:
            names = x509.SubjectAlternativeName([x509.DNSName(name)])
            made = made.add_extension(names, critical=False)
        return made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Wire:
    """Our node inside TLS, over a worker in memory."""

    def __init__(self, folder: Path) -> None:
        self.authority, self.stranger = Authority(folder, "ca"), Authority(folder, "stranger")
        self.worker = MemoryWorker(load(flows.CATALOG, folder))
        self.port = free_port()
        tls = context_of(self.authority.certificate("ocs.home.net"), self.authority.file)
        self.server = Server(self.worker, self.port, PEERS, tls)

    def connect(self, certificate: Path | None) -> socket.socket:
        context = ssl.create_default_context(cafile=self.authority.file)
        if certificate is not None:
            context.load_cert_chain(certificate)
        plain = socket.create_connection(("127.0.0.1", self.port), 10)
        return context.wrap_socket(plain, server_hostname="ocs.home.net")


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    opened = Wire(tmp_path_factory.mktemp("tls"))
    yield opened
    opened.server.close()


def test_a_peer_is_who_its_certificate_says(wire: Wire) -> None:
    with wire.connect(wire.authority.certificate("other.access.net")) as connected:
        try:
            told = hello(Gateway(connected))[RESULT].getAVPValue()
        except (AssertionError, OSError):
            told = UNKNOWN_PEER  # a reset may come before what was said
        assert told == UNKNOWN_PEER


@pytest.mark.parametrize("has_one", [True, False])
def test_nobody_without_a_certificate(wire: Wire, has_one: bool) -> None:
    certificate = wire.stranger.certificate("pgw.access.net") if has_one else None
    with pytest.raises((AssertionError, OSError)), wire.connect(certificate) as connected:
        hello(Gateway(connected))


def test_a_session_after_them(wire: Wire) -> None:
    wire.worker.account("ada", "+41790000001", "3")
    # What has nothing to do with TLS, or goes away, harms nobody else.
    for said in (b"", b"\x01\x00\x00\x14" + bytes(16)):
        with socket.create_connection(("127.0.0.1", wire.port), 10) as plain:
            plain.sendall(said)
    with wire.connect(wire.authority.certificate("pgw.access.net")) as connected:
        gateway = Gateway(connected)
        assert hello(gateway)[RESULT].getAVPValue() == 2001
        asked = group(REQUESTED, number(TIME, 100))
        for count in range(20):
            kind = flows.UPDATE if count else flows.INITIAL
            answer = credit(gateway, kind, count, asked)
            assert answer[RESULT].getAVPValue() == 2001
        # One record holds more than a read takes: all of it is answered, though no more comes.
        watchdogs = b"".join(gateway.packed(280, 0, *gateway.who())[1] for _ in range(100))
        assert 4096 < len(watchdogs) < 16_384
        connected.sendall(watchdogs)
        assert all(gateway.read() for _ in range(100))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nothing")
    with pytest.raises(Refused, match="diameter_certificate"):
        context_of(tmp_path / "x.pem", tmp_path / "x.pem")
