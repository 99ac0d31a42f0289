"""The ledger of removals: keyed hashes of the source's own ids that may never enter again, whatever brings them.

In: the folder of the ledger (`removals/` of the data folder, or where `HARBORLIGHT_REMOVALS` says) and its key. Out: whether an
id is on it, in Python and as SQL. An entry is HMAC-SHA-256 of kind and id: no name, no id and no day is ever written.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from harborlight.catalog.models import REMOVAL_KINDS
from harborlight.errors import CheckFailed, ReleaseError
from harborlight.store import Connection, quote_name, write_synced

FOLDER_VARIABLE, KEY_VARIABLE = "HARBORLIGHT_REMOVALS", "HARBORLIGHT_REMOVAL_KEY"
HEAD = "harborlight removals 1"
TABLE = "temp.main.removed"
_ENTRY = re.compile(r"[0-9a-f]{64}", re.ASCII)
_BLOCK = 64

# Which columns of a source hold an id of which kind, as the city's files declare it (`removal_ids`).
Ids = Mapping[str, Sequence[str]]


def ledger_folder(data: Path) -> Path:
    """Where ledger, key and epoch lie. A place outside the data folder survives its restoring."""
    return Path(os.environ.get(FOLDER_VARIABLE) or data / "removals")


def key_path(data: Path) -> Path:
    """The key file: of the environment, or beside the ledger."""
    return Path(os.environ.get(KEY_VARIABLE) or ledger_folder(data) / "key")


@dataclass(frozen=True)
class Ledger:
    """The entries and the key that made them. Without entries nothing is on it, and no key is needed."""

    key: bytes = b""
    entries: frozenset[str] = frozenset()

    def hash_id(self, kind: str, text: str) -> str:
        """The entry of one id."""
        return hmac.digest(self.key, f"{kind}:{text.strip(' ')}".encode(), "sha256").hex()

    def holds(self, kind: str, text: str) -> bool:
        """Whether this id was removed."""
        return bool(self.entries) and bool(text.strip(" ")) and self.hash_id(kind, text) in self.entries

    def holds_any(self, texts: Iterable[str]) -> bool:
        """Whether one of these texts is a removed id of any kind."""
        return bool(self.entries) and any(self.holds(kind, text) for text in texts for kind in REMOVAL_KINDS)

    def holds_token(self, line: str, delimiter: str, quote: str) -> bool:
        """Whether a line that is no row has a removed id between its delimiters."""
        return self.holds_any(token.strip() for token in re.split(f"[\\r\\n{re.escape(delimiter + quote)}]", line))

    def only(self, entries: Iterable[str]) -> Ledger:
        """A ledger of the same key with other entries."""
        return Ledger(self.key, frozenset(entries))

    @cached_property
    def digest(self) -> str:
        """One hash for what is on the ledger now."""
        return sha256("\n".join(sorted(self.entries)).encode()).hexdigest()

    # -------------------------------------------------------------------------------------------- as SQL

    def register(self, con: Connection) -> None:
        """Lay the entries into a temporary table, for `sql_holds`."""
        con.execute("create or replace temp table removed (entry varchar)")
        con.execute("insert into removed select unnest(from_json($entries, '[\"VARCHAR\"]'))", {"entries": json.dumps(sorted(self.entries))})

    def sql_hash(self, kind: str, text: str) -> str:
        """SQL of the entry of a text; the engine's own SHA-256, twice, as RFC 2104 says."""
        key = self.key.ljust(_BLOCK, b"\0")
        inner, outer = (_blob(bytes(byte ^ pad for byte in key)) for pad in (0x36, 0x5C))
        return f"sha256({outer} || unhex(sha256({inner} || encode('{kind}:' || trim({text})))))"

    def sql_holds(self, ids: Ids, mark: str = "") -> str:
        """SQL condition: one of the declared columns holds a removed id. Needs `register`."""
        tests = [
            f"coalesce({self.sql_hash(kind, f'cast({mark}{quote_name(column)} as varchar)')} in (select entry from {TABLE}), false)"
            for kind, columns in ids.items()
            for column in columns
        ]
        return " or ".join(tests) if tests and self.entries else "false"


def _blob(raw: bytes) -> str:
    return "'" + "".join(f"\\x{byte:02X}" for byte in raw) + "'::blob"


# ---------------------------------------------------------------------------------------------- on the disk


def load_ledger(data: Path) -> Ledger:
    """The ledger as it lies on the disk; empty where nothing was ever removed. Raises CheckFailed: without it nothing is built."""
    path = ledger_folder(data) / "ledger"
    if not path.is_file():
        return Ledger()
    key = _read_key(key_path(data))
    head, *lines = path.read_text(encoding="ascii", errors="replace").splitlines() or [""]
    if head != _head(key):
        hint = f"Restore the key that belongs to it, or set {KEY_VARIABLE}."
        raise CheckFailed("the ledger of removals does not belong to this key", where=str(path), hint=hint)
    if not all(_ENTRY.fullmatch(line) for line in lines):
        raise CheckFailed("the ledger of removals is damaged", where=str(path), hint="Restore it from a copy.")
    return Ledger(key, frozenset(lines))


def open_ledger(data: Path) -> Ledger:
    """The ledger, with a key made now where there is none yet."""
    found = load_ledger(data)
    if found.key:
        return found
    path = key_path(data)
    if not path.exists():
        _make_key(path)
    return Ledger(_read_key(path))


def save_ledger(data: Path, ledger: Ledger) -> None:
    """Write the whole ledger, sorted, so that the order of the file says nothing of when."""
    folder = ledger_folder(data)
    folder.mkdir(parents=True, exist_ok=True)
    write_synced(folder / "ledger", "\n".join([_head(ledger.key), *sorted(ledger.entries), ""]).encode())


def _head(key: bytes) -> str:
    return f"{HEAD} {hmac.digest(key, HEAD.encode(), 'sha256').hex()}"


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_hex(32).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _read_key(path: Path) -> bytes:
    try:
        mode, text = path.stat().st_mode, path.read_bytes().strip()
    except OSError as error:
        hint = f"Restore it, or set {KEY_VARIABLE} to its path."
        raise CheckFailed(f"the key of removals cannot be read ({error.strerror})", where=str(path), hint=hint) from error
    if mode & 0o077:
        raise CheckFailed("the key of removals can be read by other users", where=str(path), hint=f"Run `chmod 600 {path}`.")
    if len(text) < 32:
        raise CheckFailed("the key of removals is too short", where=str(path), hint="Restore it from a copy.")
    return sha256(text).digest()


# --------------------------------------------------------------------------------------------------- epochs


def read_floor(data: Path) -> int:
    """The oldest epoch that may be shown: that of the release made after the last removal. 0 before the first."""
    path = ledger_folder(data) / "epoch"
    try:
        return int(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:
        raise ReleaseError("it cannot be read which releases may be shown", where=str(path), hint="Restore it from a copy.") from error


def raise_floor(data: Path, epoch: int) -> None:
    """From now on no release of an older epoch is shown. It never sinks."""
    folder = ledger_folder(data)
    folder.mkdir(parents=True, exist_ok=True)
    write_synced(folder / "epoch", f"{max(epoch, read_floor(data))}\n".encode())


def check_epoch(data: Path, release_id: str, epoch: int) -> None:
    """Refuse a release from before the last removal. Raises ReleaseError."""
    if epoch < read_floor(data):
        hint = "Run `harborlight refresh`, which makes a new one."
        raise ReleaseError("this release is older than the last re-issue and may not be shown again", where=f"release {release_id}", hint=hint)
