"""Downloads over TLS from a server on this machine that has a certificate of its own, and lies in every way it can."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from bench.data.download import Archive, download, open_securely
from bench.errors import BenchError

CONTENT = bytes(range(256)) * 4000
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
ENDLESS = 1 << 30
"""Bytes that the server would send if nobody hung up."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.requests.append(self.path)
        place, _, target = self.path.partition("?")
        if place == "/to":
            self.send_response(302)
            self.send_header("Location", target)
            self.end_headers()
        elif place == "/endless":
            self._send(b"x" * (1 << 16), ENDLESS, ENDLESS >> 16)
        elif place == "/cut":
            self._send(CONTENT[:5000], len(CONTENT))
        elif place == "/changed":
            self._send(CONTENT[::-1], len(CONTENT))
        else:
            self._send(CONTENT, len(CONTENT))

    def _send(self, part: bytes, announced: int, times: int = 1) -> None:
        server = self.server
        assert isinstance(server, Server)
        self.send_response(200)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        try:
            for _ in range(times):
                self.wfile.write(part)
                server.sent += len(part)
        except OSError:  # the client has hung up
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    """Remembers what was asked for, and how much it has sent."""

    daemon_threads = False  # so that closing it waits for them

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[str] = []
        self.sent = 0
        self.scheme = "http" if context is None else "https"
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """Quiet: a client that does not trust the certificate ends the handshake."""

    def address(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.server_port}{path}"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def serve(authority: trustme.CA) -> Iterator[Callable[..., Server]]:
    """A function that starts a server whose certificate is for `name`, or one without TLS for an empty name."""
    running: list[tuple[Server, threading.Thread]] = []

    def start(name: str = "127.0.0.1") -> Server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if name else None
        if context is not None:
            authority.issue_cert(name).configure_cert(context)
        server = Server(context)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process trusts the authority, as a system does whose administrator added it."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


def archive(address: str, **changes: object) -> Archive:
    facts: dict[str, object] = {"path": "sub/file.bin", "md5": MD5, "size": len(CONTENT), **changes}
    return Archive(address, **facts)  # type: ignore[arg-type]


def refused(one: Archive, root: Path) -> str:
    """The message with which a download is refused, and nothing is left of it."""
    with pytest.raises(BenchError) as caught:
        download(one, root, lambda _: None)
    assert not [path for path in (root / "sub").rglob("*") if path.is_file()]
    return str(caught.value)


@pytest.mark.usefixtures("trusted")
def test_a_file_comes_whole_and_a_redirect_within_https_is_followed(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve()
    target = server.address("/file.bin")
    assert download(archive(server.address(f"/to?{target}")), tmp_path, lambda _: None).read_bytes() == CONTENT
    assert server.requests == [f"/to?{target}", "/file.bin"]


def test_a_certificate_that_nobody_trusts_is_refused(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve()
    assert "certificate verify failed" in refused(archive(server.address("/file.bin")), tmp_path)
    assert server.requests == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_name_is_refused(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve("elsewhere.example")
    assert "certificate" in refused(archive(server.address("/file.bin")), tmp_path)
    assert server.requests == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("target", ["http://example.invalid/a", "ftp://example.invalid/a", "file:///etc/hostname"])
def test_a_redirect_out_of_https_is_refused(serve: Callable[..., Server], tmp_path: Path, target: str) -> None:
    why = refused(archive(serve().address(f"/to?{target}")), tmp_path)
    assert "only https" in why or "not allowed" in why


@pytest.mark.usefixtures("trusted")
def test_a_redirect_to_plain_http_on_this_machine_is_refused(serve: Callable[..., Server], tmp_path: Path) -> None:
    """A server elsewhere must not make this machine ask its own services for something."""
    inner = serve("")
    target = inner.address("/file.bin")
    assert "only https" in refused(archive(serve().address(f"/to?{target}")), tmp_path)
    with pytest.raises(BenchError, match="only https"):
        open_securely(serve().address(f"/to?{target}"), {"Range": "bytes=0-9"})
    assert inner.requests == []


@pytest.mark.usefixtures("trusted")
def test_more_than_was_said_is_stopped_early(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve()
    assert "sends more than the 1,024,000 bytes" in refused(archive(server.address("/endless")), tmp_path)
    assert server.sent < 50_000_000


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("path", "why"), [("/cut", "cut short: 5,000 of 1,024,000"), ("/changed", "has the checksum")])
def test_less_and_other_bytes_never_get_the_files_name(
    serve: Callable[..., Server], tmp_path: Path, path: str, why: str
) -> None:
    assert why in refused(archive(serve().address(path)), tmp_path)


@pytest.mark.usefixtures("trusted")
def test_the_old_file_stays_until_the_new_one_is_whole(serve: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file.bin").write_bytes(b"old")
    with pytest.raises(BenchError, match="has the checksum"):
        download(archive(serve().address("/changed")), tmp_path, lambda _: None)
    assert (tmp_path / "sub" / "file.bin").read_bytes() == b"old"
