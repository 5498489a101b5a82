"""A certificate authority of the test's own, and a certificate that it signed for 127.0.0.1."""

import datetime as dt
import ipaddress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Files(NamedTuple):
    """PEM files: the authority, and a certificate with its key, good for servers and for clients."""

    ca: Path
    cert: Path
    key: Path


def make(directory: Path) -> Files:
    """Write the three files."""
    files = Files(directory / "ca.pem", directory / "cert.pem", directory / "key.pem")
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority, subject = (_named(name) for name in ("test authority", "test server"))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    ca = _dated(authority, authority, ca_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    cert = _dated(authority, subject, key).add_extension(address, critical=False)
    files.ca.write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    files.cert.write_bytes(cert.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return files


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _dated(issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return x509.CertificateBuilder(
        issuer,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        now - dt.timedelta(days=1),
        now + dt.timedelta(days=1),
    )
