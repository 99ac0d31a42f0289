"""Keys are kept from others' eyes, and a directory knows who signs in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harborlight.errors import ReleaseError
from harborlight.publish import signing


def test_a_made_key_signs_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing.key"
    made = signing.make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    loaded = signing.load_key(path)
    public = signing.public_hex(made)
    assert public == signing.public_hex(loaded)
    signature = signing.sign(loaded, b"words")
    assert signing.is_signed(public, b"words", signature)
    assert not signing.is_signed(public, b"wordz", signature)
    assert not signing.is_signed(
        signing.public_hex(signing.make_key(tmp_path / "other")), b"words", signature
    )
    assert not signing.is_signed("00" * 31, b"words", signature)


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    signing.make_key(tmp_path / "k")
    before = (tmp_path / "k").read_bytes()
    with pytest.raises(ReleaseError, match="there already"):
        signing.make_key(tmp_path / "k")
    assert (tmp_path / "k").read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_key_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    signing.make_key(tmp_path / "k")
    (tmp_path / "k").chmod(mode)
    with pytest.raises(ReleaseError, match="chmod 600"):
        signing.load_key(tmp_path / "k")


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "k").write_bytes(content)
    (tmp_path / "k").chmod(0o600)
    with pytest.raises(ReleaseError, match="PEM"):
        signing.load_key(tmp_path / "k")


def test_the_environment_names_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(signing.VARIABLE, raising=False)
    with pytest.raises(ReleaseError, match="HARBORLIGHT_SIGNING_KEY is not set"):
        signing.signing_key()
    monkeypatch.setenv(signing.VARIABLE, str(tmp_path / "k"))
    with pytest.raises(ReleaseError, match="cannot be read"):
        signing.signing_key()
    made = signing.make_key(tmp_path / "k")
    assert signing.public_hex(signing.signing_key()) == signing.public_hex(made)


def test_a_directory_trusts_its_first_key_and_those_appended_by_hand(tmp_path: Path) -> None:
    first, second = signing.make_key(tmp_path / "1"), signing.make_key(tmp_path / "2")
    assert signing.recorded_keys(tmp_path) == ()
    signing.record_key(tmp_path, first)
    signing.record_key(tmp_path, first)
    assert signing.recorded_keys(tmp_path) == (signing.public_hex(first),)
    with pytest.raises(ReleaseError, match=r"append its public half \(PEM\) to signing.pub"):
        signing.record_key(tmp_path, second)
    other = tmp_path / "other"
    other.mkdir()
    signing.record_key(other, second)
    with (tmp_path / signing.PUBLIC_FILE).open("ab") as file:
        file.write((other / signing.PUBLIC_FILE).read_bytes())
    signing.record_key(tmp_path, second)
    assert signing.recorded_keys(tmp_path) == (signing.public_hex(first), signing.public_hex(second))


def test_the_first_example_of_rfc_8032_holds() -> None:
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
        "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert signing.is_signed(public, b"", signature)
    assert not signing.is_signed(public, b" ", signature)
