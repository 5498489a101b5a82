"""The server's side of TLS."""

import ssl
from pathlib import Path

from gridctl.errors import UsageProblem


def server_context(cert: Path, key: Path, client_ca: Path) -> ssl.SSLContext:
    """Return TLS 1.2 or newer that checks a client's certificate where it shows one; raise UsageProblem.

    Who shows none is let in, for the server has words for it. A certificate of another authority ends the handshake.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_OPTIONAL
    try:
        # Without a password here OpenSSL asks the terminal for the one of an encrypted key.
        context.load_cert_chain(cert, key, password="")
        context.load_verify_locations(client_ca)
    except (OSError, ssl.SSLError) as error:
        raise UsageProblem(
            f"the TLS files {cert}, {key} and {client_ca} cannot be used: {error}",
            next_step="name PEM files: --tls-cert with its --tls-key, and --client-ca of the front proxy",
        ) from error
    return context
