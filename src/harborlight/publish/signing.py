"""Ed25519 keys: make one, load one safely, sign bytes, check a signature.

In: a key file (PEM, as `openssl genpkey -algorithm ed25519` writes it). Out: signatures and public keys as
lower-case hex. The data directory's `signing.pub` records which keys its releases were signed with, so that a
manifest cannot vouch for itself.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from harborlight import store
from harborlight.errors import ReleaseError

VARIABLE = "HARBORLIGHT_SIGNING_KEY"
PUBLIC_FILE = "signing.pub"

_PEM_PUBLIC = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)

SigningKey = Ed25519PrivateKey


def make_key(path: Path) -> SigningKey:
    """Make a new key file that only its owner can read. Raises ReleaseError rather than replace one."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ReleaseError(
            "a signing key is there already", where=str(path), hint="Keep it, or move it away first."
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
    store.sync_file(path)
    return key


def load_key(path: Path) -> SigningKey:
    """Load a private key. Refuses a file that anybody but its owner may read or write."""
    try:
        mode = path.stat().st_mode
        pem = path.read_bytes()
    except OSError as error:
        hint = f"Set {VARIABLE} to a file that is there and that you may read."
        raise ReleaseError(f"the signing key cannot be read ({error.strerror})", where=str(path), hint=hint) from error
    if mode & 0o077:
        hint = f"Run `chmod 600 {path}`; if others had access, make a new key."
        raise ReleaseError("the signing key can be read or changed by other users", where=str(path), hint=hint)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise ReleaseError("this is not a private key in PEM form", where=str(path), hint=_HOW) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ReleaseError("the signing key is not an Ed25519 key", where=str(path), hint=_HOW)
    return key


_HOW = "Make one with `openssl genpkey -algorithm ed25519 -out FILE` and `chmod 600 FILE`."


def signing_key() -> SigningKey:
    """The key that the environment names. Raises ReleaseError where there is none."""
    name = os.environ.get(VARIABLE, "")
    if not name:
        raise ReleaseError(
            f"there is no signing key: {VARIABLE} is not set", hint=f"{_HOW} Set {VARIABLE} to its path."
        )
    return load_key(Path(name))


def public_hex(key: SigningKey | Ed25519PublicKey) -> str:
    """The public half of a key as 64 hex digits."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes_raw().hex()


def sign(key: SigningKey, payload: bytes) -> str:
    """The signature of some bytes as 128 hex digits."""
    return key.sign(payload).hex()


def is_signed(public_key: str, payload: bytes, signature: str) -> bool:
    """Whether the signature of these bytes was made with the private half of `public_key` (both in hex)."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), payload)
    except (InvalidSignature, ValueError):
        return False
    return True


def load_public_keys(path: Path) -> tuple[str, ...]:
    """Every public key (PEM) in a file, as hex. Raises ReleaseError where there is none."""
    try:
        blocks = _PEM_PUBLIC.findall(path.read_bytes())
        keys = [serialization.load_pem_public_key(block) for block in blocks]
    except (OSError, ValueError) as error:
        raise ReleaseError("the public key cannot be read", where=str(path)) from error
    found = tuple(public_hex(key) for key in keys if isinstance(key, Ed25519PublicKey))
    if not found:
        raise ReleaseError("there is no Ed25519 public key in this file", where=str(path))
    return found


def recorded_keys(data: Path) -> tuple[str, ...]:
    """The public keys that this data directory trusts; none before its first release."""
    path = data / PUBLIC_FILE
    return load_public_keys(path) if path.exists() else ()


def record_key(data: Path, key: SigningKey) -> None:
    """Remember the first key that signs here; refuse any other one that was not recorded by hand."""
    known = recorded_keys(data)
    if public_hex(key) in known:
        return
    if known:
        hint = f"If the key was changed on purpose, append its public half (PEM) to {PUBLIC_FILE}."
        raise ReleaseError(
            "this is not a key that signed earlier releases here", where=str(data / PUBLIC_FILE), hint=hint
        )
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    store.write_synced(data / PUBLIC_FILE, pem)
