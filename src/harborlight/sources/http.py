"""The one HTTP client of the connectors: gated, pinned, capped, patient.

In goes a path on the declared host, out comes a whole body or a `SourceError`; nothing in between. Bodies are
counted and unpacked here, chunk by chunk, because a cap that is checked after the fact is no cap, and a cut
body must be told from a whole one. Requests go out one after the other: a portal sees one connection of us.
"""

from __future__ import annotations

import logging
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import stamina
import stamina.instrumentation
from pydantic_core import from_json

from harborlight import __version__
from harborlight.errors import SourceError
from harborlight.log import get_logger
from harborlight.sources.gate import Origin, Resolve, check_target, open_gate, resolve_name

log = get_logger("fetch")
logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO lines hold whole addresses, tokens included
T = TypeVar("T")
RETRIED = {202, 408, 425, 429, 500, 502, 503, 504}
REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class Limits:
    """Patience and caps. Seconds and bytes; the defaults are meant for a public portal."""

    tries: int = 5
    backoff_s: float = 1.0
    backoff_max_s: float = 30.0
    connect_s: float = 10.0
    read_s: float = 60.0
    page_s: float = 180.0
    redirects: int = 3
    compressed: int = 200 * 2**20
    expanded: int = 2 * 2**30
    page: int = 128 * 2**20
    ratio: int = 100
    ratio_from: int = 2**20


class TryAgain(Exception):
    """This answer is no good, the next one may be. `wait_s` is what the portal asked for."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.message, self.wait_s = message, wait_s


@dataclass(frozen=True)
class Answer:
    """A whole body, unpacked. `data` is the parsed JSON; `modified` is the Last-Modified stamp."""

    body: bytes
    data: Any
    modified: datetime | None


@cache
def load_certificates() -> ssl.SSLContext:
    """The authorities to trust, read once: it takes a quarter of a second."""
    return httpx.create_ssl_context(trust_env=False)


def _log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    log.info("try %d failed (%s); again in %.1f s", details.retry_num, details.caused_by, details.wait_for)


stamina.instrumentation.set_on_retry_hooks([_log_retry])


class Client:
    """Speaks to one origin for one source, within one time budget. Use as a context manager."""

    def __init__(
        self,
        url: str,
        *,
        where: str,
        contact: str,
        allow_private_hosts: bool = False,
        budget_s: float = 1800,
        limits: Limits | None = None,
        headers: Mapping[str, str] | None = None,
        resolve: Resolve = resolve_name,
    ) -> None:
        self.url, self.where, self.limits = url, where, limits or Limits()
        self._deadline, self._budget_s = time.monotonic() + budget_s, budget_s
        self._private, self._resolve = allow_private_hosts, resolve
        self._origin: Origin | None = None
        agent = {
            "User-Agent": f"Harborlight/{__version__} (+{contact})",
            "Accept-Encoding": "gzip",
            "Accept": "*/*",
        }
        self._headers = agent | dict(headers or {})
        self._http = httpx.Client(
            trust_env=False,
            verify=load_certificates(),
            follow_redirects=False,
            limits=httpx.Limits(max_connections=2, max_keepalive_connections=2),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    @property
    def origin(self) -> Origin:
        """The gate's verdict, asked for once."""
        if self._origin is None:
            self._origin = open_gate(
                self.url, allow_private_hosts=self._private, where=self.where, resolve=self._resolve
            )
        return self._origin

    def left_s(self) -> float:
        """Seconds left of the budget. Raises SourceError when it is used up."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise SourceError(
                f"the fetch took longer than its {self._budget_s:g} seconds",
                where=self.where,
                hint="The portal is too slow today; the next run tries again.",
            )
        return left

    # ------------------------------------------------------------------------------------------ asking

    def read_json(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        check: Callable[[Any], None] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """GET a JSON document. `check` raises TryAgain or SourceError for errors hidden in a good status."""

        def once() -> Answer:
            chunks: list[bytes] = []
            got = self._receive(url, params, headers, chunks.append, cap=self.limits.page, limit_s=self.limits.page_s)
            body = b"".join(chunks).removeprefix(b"\xef\xbb\xbf")
            _refuse_page(body, got)
            try:
                data = from_json(body, allow_inf_nan=False, cache_strings="keys")
            except ValueError:
                raise TryAgain("the answer is not whole, valid JSON") from None
            if check:
                check(data)
            return Answer(body, data, _modified(got))

        return self._retry(once)

    def download(self, target: Path, check: Callable[[Path, httpx.Headers], None]) -> datetime | None:
        """GET the declared address into a file and let `check` look at it; returns Last-Modified."""

        def once() -> datetime | None:
            with target.open("wb") as handle:
                got = self._receive(self.url, None, None, handle.write, cap=self.limits.expanded, limit_s=None)
            with target.open("rb") as handle:
                _refuse_page(handle.read(512), got)
            check(target, got)
            return _modified(got)

        return self._retry(once)

    def _retry(self, once: Callable[[], T]) -> T:
        """Try a few times, waiting longer each time, or as long as the portal asks. Raises SourceError."""
        limits = self.limits
        attempts = stamina.retry_context(
            on=self._is_worth_a_retry,
            attempts=limits.tries,
            timeout=self.left_s(),
            wait_initial=limits.backoff_s,
            wait_max=limits.backoff_max_s,
            wait_jitter=limits.backoff_s,
        )
        try:
            for attempt in attempts:
                with attempt:
                    return once()
        except TryAgain as error:
            asked = f" and asks to wait {error.wait_s:.0f} seconds" if error.wait_s else ""
            raise SourceError(
                f"{error.message}{asked}; {limits.tries} tries are the most",
                where=self.where,
                hint="The last good copy stays; the next run tries again.",
            ) from None
        raise AssertionError("the retry loop ends by returning or raising")

    def _is_worth_a_retry(self, error: Exception) -> bool | float:
        if not isinstance(error, TryAgain) or error.wait_s is None:
            return isinstance(error, TryAgain)
        return error.wait_s if error.wait_s < self.left_s() else False

    # --------------------------------------------------------------------------------------- receiving

    def _receive(
        self,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        write: Callable[[bytes], Any],
        *,
        cap: int,
        limit_s: float | None,
    ) -> httpx.Headers:
        """Send one request, follow redirects on the same origin, pass the unpacked body on to `write`."""
        until = time.monotonic() + min(self.left_s(), limit_s or self._budget_s)
        address = check_target(self.origin, self.url, url, where=self.where)
        target = httpx.URL(address).copy_merge_params(dict(params or {}))
        for _ in range(self.limits.redirects + 1):
            with self._open(target, headers) as response:
                if response.status_code in REDIRECTS:
                    location = response.headers.get("location", "")
                    target = httpx.URL(check_target(self.origin, str(target), location, where=self.where))
                    continue
                if response.status_code != HTTPStatus.OK:
                    self._refuse_status(response, until)
                self._unpack(response, write, cap, until)
                return response.headers
        raise SourceError(
            f"the portal redirects more than {self.limits.redirects} times",
            where=self.where,
            hint="Write the final address into `url`.",
        )

    @contextmanager
    def _open(self, target: httpx.URL, headers: Mapping[str, str] | None) -> Iterator[httpx.Response]:
        """Connect to the pinned address; certificate and Host header stay those of the declared name."""
        limits, origin, left = self.limits, self.origin, self.left_s()
        request = self._http.build_request(
            "GET",
            target.copy_with(netloc=origin.pinned.encode()),
            headers={"Host": origin.authority} | self._headers | dict(headers or {}),
            extensions={"sni_hostname": origin.host},
            timeout=httpx.Timeout(min(limits.read_s, left), connect=min(limits.connect_s, left)),
        )
        response: httpx.Response | None = None
        try:
            response = self._http.send(request, stream=True)
            yield response
        except httpx.TimeoutException:
            raise TryAgain("the portal stopped answering") from None
        except httpx.TransportError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise SourceError(
                    "the portal's certificate is not valid for this host",
                    where=self.where,
                    hint="Nothing is fetched without one.",
                ) from None
            raise TryAgain("the connection broke off before the answer was whole") from None
        finally:
            if response is not None:
                response.close()

    def _unpack(self, response: httpx.Response, write: Callable[[bytes], Any], cap: int, until: float) -> None:
        """Count and unpack while streaming. Raises TryAgain for a cut body, SourceError over a cap."""
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding not in ("identity", "gzip", ""):
            raise SourceError(
                f"the portal packs its answer as {encoding[:20]!r}, which was not asked for", where=self.where
            )
        packed = plain = 0
        unzip = zlib.decompressobj(31) if encoding == "gzip" else None
        for chunk in response.iter_raw():
            if time.monotonic() > until:
                self.left_s()
                raise TryAgain("the portal sends its answer too slowly")
            packed += len(chunk)
            for piece in _inflate(unzip, chunk) if unzip else (chunk,):
                plain += len(piece)
                self.check_caps(packed if unzip else 0, plain, cap)
                write(piece)
        if unzip and not unzip.eof:
            raise TryAgain("the answer was cut short")

    def check_caps(self, packed: int, plain: int, cap: int | None = None) -> None:
        """Refuse a body that is too large or unpacks to too much. `packed` is 0 for a plain body."""
        limits = self.limits
        too_large = packed > limits.compressed or plain > (cap or limits.expanded)
        if too_large or (packed and plain > limits.ratio_from and plain > limits.ratio * packed):
            reason = "is too large" if too_large else f"unpacks to more than {limits.ratio} times its size"
            raise SourceError(
                f"the answer {reason}; it was abandoned",
                where=self.where,
                hint="A smaller `page_rows` makes smaller answers.",
            )

    def _refuse_status(self, response: httpx.Response, until: float) -> None:
        """Turn a bad status into TryAgain or SourceError, with the portal's own words where it has some."""
        status, words = response.status_code, ""
        try:
            chunks: list[bytes] = []
            self._unpack(response, chunks.append, 2**16, until)
            words = portal_words(from_json(b"".join(chunks), allow_inf_nan=False))
        except (SourceError, TryAgain, ValueError):
            log.debug("the body of an error answer could not be read")
        phrase = response.reason_phrase[:40] or "no reason given"
        message = f"the portal answers {status} ({phrase}){words}"
        if status in RETRIED:
            raise TryAgain(message, _retry_after(response.headers.get("retry-after")))
        raise SourceError(message, where=self.where, hint="Check `url`, the dataset's id and the token.")


def _inflate(unzip: Any, chunk: bytes) -> Iterator[bytes]:
    """Unpack a chunk a megabyte at a time, so that a bomb is seen before it fills the memory."""
    try:
        while chunk:
            piece = unzip.decompress(chunk, 2**20)
            chunk = unzip.unconsumed_tail
            if unzip.eof and unzip.unused_data:
                raise TryAgain("the answer has something behind its end")
            if piece:
                yield piece
    except zlib.error:
        raise TryAgain("the packed answer is damaged") from None


def _refuse_page(start: bytes, headers: httpx.Headers) -> None:
    """Refuse an empty body and a web page (maintenance, log-in) that comes with a good status."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise TryAgain("the portal sends an empty answer")
    if text[:1] == b"<" or headers.get("content-type", "").startswith("text/html"):
        raise TryAgain("the portal sends a web page instead of data")


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a Retry-After of either form."""
    if value is None:
        return None
    try:
        return max(0.0, float(int(value)))
    except ValueError:
        stamp = read_stamp(value)
        return max(0.0, (stamp - datetime.now(UTC)).total_seconds()) if stamp else None


def read_stamp(value: str | None) -> datetime | None:
    """An HTTP date as UTC, or None."""
    try:
        return parsedate_to_datetime(value or "").astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _modified(headers: httpx.Headers) -> datetime | None:
    return read_stamp(headers.get("last-modified"))


def portal_words(data: Any) -> str:
    """What a portal's JSON error says, as ": words", cut and without control characters; or nothing."""
    error = data.get("error") if isinstance(data, dict) else None
    for place in (error, data):
        words = place.get("message") if isinstance(place, dict) else place
        words = words[0] if isinstance(words, list) and words else words
        if isinstance(words, str) and words.strip():
            return ": " + "".join(letter if letter.isprintable() else " " for letter in words.strip())[:160]
    return ""
