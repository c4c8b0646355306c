# SPDX-License-Identifier: MIT
"""Apache with TLS and HTTP/2, as a site may have it; nothing that we ship switches that on."""

import subprocess

import pytest

from checks import check, hints, verdicts
from servers import MODULES, SERVERS
from world import World, free_port

pytestmark = pytest.mark.deploy

TLS = """
LoadModule ssl_module {modules}/mod_ssl.so
LoadModule http2_module {modules}/mod_http2.so
Listen 127.0.0.1:{port} https
<VirtualHost 127.0.0.1:{port}>
{protocols}
SSLEngine on
SSLCertificateFile {certificate}
SSLCertificateKeyFile {key}
</VirtualHost>
"""


class TlsApache(World):
    def __init__(self, protocols, **how):
        self.protocols, self.tls_port = protocols, free_port()
        super().__init__({"responder": {"keepalive": "1s"}}, web=True, server=SERVERS["apache"], **how)

    def _web_config(self):
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-noenc", "-subj", "/CN=localhost", "-days", "2", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        path = super()._web_config()
        with open(path, "a") as file:
            file.write(TLS.format(modules=MODULES, port=self.tls_port, protocols=self.protocols,
                                  certificate=certificate, key=key))
        return path

    def check(self):
        return check(self, 0, "--auto", "--insecure", "--url", f"https://127.0.0.1:{self.tls_port}", "main")


def test_streams_by_http2_are_warned_of(make_world):
    """A killed responder left them open and silent, and six of them stopped all else."""
    lines = make_world("Protocols h2 http/1.1", kind=TlsApache).check()
    assert verdicts(lines)["main stream"] == "WARN"
    assert "Protocols http/1.1" in hints(lines)


def test_in_a_virtual_host_of_its_own_protocol_they_are_well(make_world):
    """As our configuration has it for all virtual hosts that say nothing else."""
    lines = make_world("", kind=TlsApache).check()
    assert verdicts(lines)["main stream"] == "ok"
