"""The gate: only the declared host, only public addresses, resolved once."""

from __future__ import annotations

import gzip
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from harborlight.errors import SourceError
from harborlight.sources.gate import check_target, is_allowed, open_gate, resolve_name
from harborlight.sources.http import Client, Limits

FAST = Limits(tries=2, backoff_s=0.01, backoff_max_s=0.02, connect_s=5, read_s=5)
PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0.0.0.0",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1",
    "fd00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:0a00:1::1", "not an address",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_address_that_is_not_public_is_refused(address):
    assert not is_allowed(address, allow_private_hosts=False)
    with pytest.raises(SourceError, match="not on the public internet"):
        open_gate("https://data.example.org/x", allow_private_hosts=False, where="s", resolve=lambda h, p: [address])


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_address_is_allowed(address):
    assert is_allowed(address, allow_private_hosts=False)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "0.0.0.0", "::", "224.0.0.1", "fe80::1", "::ffff:169.254.169.254"]
)
def test_address_that_no_portal_has_is_refused_even_where_private_hosts_are_allowed(address):
    assert not is_allowed(address, allow_private_hosts=True)
    assert is_allowed("127.0.0.1", allow_private_hosts=True)


def test_one_private_address_among_public_ones_is_refused():
    with pytest.raises(SourceError, match=r"has the address 10\.0\.0\.1"):
        open_gate(
            "https://a.org",
            allow_private_hosts=False,
            where="s",
            resolve=lambda h, p: ["8.8.8.8", "10.0.0.1"],
        )


@pytest.mark.parametrize(
    "host",
    [
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "1.2.3.4.5",
        "0x7f000001.",
    ],
)
@pytest.mark.parametrize("private", [True, False])
def test_encoded_address_is_refused(host, private):
    with pytest.raises(SourceError, match="encoded IP address"):
        open_gate(f"https://{host}/x", allow_private_hosts=private, where="s")


@pytest.mark.parametrize(
    "url",
    [
        "https://[::ffff:127.0.0.1]/x",
        "https://[::1]/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://LOCALHOST./",
    ],
)
def test_loopback_by_any_name_is_refused(url):
    with pytest.raises(SourceError, match="not on the public internet|no address"):
        open_gate(url, allow_private_hosts=False, where="s", resolve=resolve_name)


@pytest.mark.parametrize(
    "url",
    [
        "http://data.example.org/", "ftp://data.example.org/", "file:///etc/passwd", "gopher://data.example.org/",
        "javascript:alert(1)", "https://user:secret@data.example.org/", "https:///x", "https://data.example.org:99999/",
        "//data.example.org/x", "",
    ],
)  # fmt: skip
def test_other_addresses_are_refused(url):
    with pytest.raises(SourceError):
        open_gate(url, allow_private_hosts=False, where="s", resolve=lambda h, p: ["8.8.8.8"])


ORIGIN = open_gate(
    "https://data.example.org/a/b", allow_private_hosts=False, where="s", resolve=lambda h, p: ["8.8.8.8"]
)


@pytest.mark.parametrize(
    "location", ["/c", "c?x=1", "https://data.example.org/c", "https://DATA.example.org:443/c#part"]
)
def test_target_on_the_same_origin_is_followed(location):
    found = check_target(ORIGIN, "https://data.example.org/a/b", location, where="s")
    assert found.lower().startswith("https://data.example.org") and "#" not in found


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/", "https://evil.example.org/", "//evil.example.org/", "file:///etc/passwd",
        "http://data.example.org/", "https://data.example.org:8443/", "https://data.example.org@evil.org/",
        "https://data.example.org.evil.org/", "https://8.8.8.8/",
    ],
)  # fmt: skip
def test_target_elsewhere_is_refused(location):
    with pytest.raises(SourceError):
        check_target(ORIGIN, "https://data.example.org/a/b", location, where="s")


# --------------------------------------------------------------------------------------------- the client itself


@contextmanager
def serve(headers: dict[str, str], body: bytes, seen: list[dict[str, str]] | None = None) -> Iterator[int]:
    """A server that always answers the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if seen is not None:
                seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def ask(port: int, limits: Limits = FAST, **more) -> object:
    url = f"http://data.example.org:{port}/x"
    settings = {"allow_private_hosts": True, "resolve": lambda h, p: ["127.0.0.1"]} | more
    with Client(url, where="s", contact="c", limits=limits, **settings) as client:
        return client.read_json(url).data


def test_name_is_resolved_once_and_the_connection_goes_to_that_address():
    """A name that answers with another address the second time (rebinding) leads nowhere else."""
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    seen: list[dict[str, str]] = []
    with serve({}, b"[1]", seen) as port:
        url = f"http://data.example.org:{port}/x"
        with Client(url, where="s", contact="c", limits=FAST, allow_private_hosts=True,
                    resolve=lambda h, p: answers.pop(0)) as client:  # fmt: skip
            assert client.read_json(url).data == [1]
            assert client.read_json(url).data == [1]
    assert len(answers) == 1
    assert {each["host"] for each in seen} == {f"data.example.org:{port}"}


def test_proxy_of_the_environment_is_not_used(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serve({}, b"[1]") as port:
        assert ask(port) == [1]


def test_address_outside_the_origin_is_not_asked():
    with serve({}, b"[1]") as port:
        url = f"http://data.example.org:{port}/x"
        settings = {"allow_private_hosts": True, "resolve": lambda h, p: ["127.0.0.1"]}
        with (
            Client(url, where="s", contact="c", limits=FAST, **settings) as client,
            pytest.raises(SourceError, match="another place"),
        ):
            client.read_json(f"http://127.0.0.1:{port}/x")


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity", b'"a\nb"', b"[1,]", b'"\xff"', b"1 2"])
def test_json_is_read_strictly(literal):
    with serve({}, b"[" + literal + b"]") as port, pytest.raises(SourceError, match="not whole, valid JSON"):
        ask(port)


def test_json_with_a_byte_order_mark():
    with serve({}, b"\xef\xbb\xbf[1]") as port:
        assert ask(port) == [1]


@pytest.mark.parametrize(
    ("headers", "body", "sentence"),
    [
        ({}, b"", "empty answer"),
        ({}, b" \n\t", "empty answer"),
        ({}, b"<html>", "web page instead"),
        ({"Content-Type": "text/html; charset=utf-8"}, b"[1]", "web page instead"),
        ({"Content-Encoding": "gzip"}, b"[1]", "damaged"),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"[1]" * 9, mtime=0)[:-6], "cut short"),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"[1]", mtime=0) + b"more", "behind its end"),
        ({"Content-Encoding": "br"}, b"[1]", "not asked for"),
        ({"Content-Length": "99"}, b"[1]", "broke off"),
        ({"Content-Length": ""}, b'[{"a": "cut in the mid', "not whole, valid JSON"),
    ],
)
def test_body_that_is_not_whole_data_is_refused(headers, body, sentence):
    with serve(headers, body) as port, pytest.raises(SourceError, match=sentence):
        ask(port)


def test_caps_hold_while_the_body_streams():
    large = b'["' + b"ab" * 500_000 + b'"]'
    with serve({}, large) as port, pytest.raises(SourceError, match="too large"):
        ask(port, Limits(tries=2, backoff_s=0.01, page=10_000))
    with serve({"Content-Encoding": "gzip"}, gzip.compress(large, mtime=0)) as port:
        with pytest.raises(SourceError, match="too large"):
            ask(port, Limits(tries=2, backoff_s=0.01, compressed=100))
        with pytest.raises(SourceError, match="more than 100 times"):
            ask(port, Limits(tries=2, backoff_s=0.01, ratio_from=500_000))


def test_small_body_may_unpack_to_much():
    with serve({"Content-Encoding": "gzip"}, gzip.compress(b'["' + b"a" * 900_000 + b'"]', mtime=0)) as port:
        assert len(ask(port)[0]) == 900_000


def test_certificate_of_another_host_ends_the_fetch(tmp_path):
    """No downgrade and no second try: nothing is fetched from a server that cannot prove its name."""
    authority = make_certificate(tmp_path, "other.example.org")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda request, address: None
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"https://data.example.org:{server.server_address[1]}/x"
        settings = {"allow_private_hosts": True, "resolve": lambda h, p: ["127.0.0.1"]}
        with (
            Client(url, where="s", contact="c", limits=FAST, **settings) as client,
            pytest.raises(SourceError, match="certificate is not valid"),
        ):
            client.read_json(url)
        server.shutdown()


def make_certificate(folder, name):
    """A self-signed certificate and its key in one file."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
