"""What it takes to log in to a server: user, password, and the PEM files of TLS."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from gridctl.errors import UsageProblem


@dataclass(frozen=True, kw_only=True)
class Login:
    """Secrets are never shown. `tls` is for protocols whose address does not say it."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    tls: bool = False

    @property
    def tls_files(self) -> list[Path]:
        """The files that are named."""
        return [file for file in (self.ca_file, self.cert_file, self.key_file) if file is not None]


NO_LOGIN = Login()


def tls_context(login: Login, server: str) -> ssl.SSLContext:
    """Return a context that checks the server and shows our certificate; UsageProblem for files that cannot be used."""
    try:
        context = ssl.create_default_context(cafile=login.ca_file)
        if login.cert_file is not None:
            # Without a password here OpenSSL asks the terminal for the one of an encrypted key.
            context.load_cert_chain(login.cert_file, login.key_file, password="")
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(map(str, login.tls_files))
        raise UsageProblem(f"the {server}'s TLS files ({files}) cannot be used: {error}") from error
    return context
