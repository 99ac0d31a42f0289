"""The city's PMTiles file: what is refused before anything is fetched, and how it gets into a release."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pmtiles.reader import MmapSource, all_tiles
from pmtiles.tile import Compression, TileType, tileid_to_zxy
from pmtiles.writer import Writer

from harborlight.catalog import load_catalog
from harborlight.catalog.base_tiles import NAME, BaseTiles
from harborlight.errors import ConfigError
from harborlight.places import check_base_tiles, with_files_hashed
from harborlight.publish.manifest import hash_file, load_manifest
from harborlight.publish.release import current_release, release_folder
from harborlight.publish.verify import verify
from harborlight.refresh import refresh
from tests.ground import OPENMAPTILES, tiles_of, write_ground
from tests.places.conftest import Town
from tests.tiny import feed_row, write_city, write_feed

BOX = (-77.0, 39.0, -76.0, 40.0)  # as tests.tiny declares it
NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def town(town: Town) -> Town:
    """A city that names the file `ground.pmtiles`, which the tests write."""
    write_city(town.folder)
    (town.folder / "basemap.yaml").write_text("pmtiles: ground.pmtiles\n")
    return town


def refusal(town: Town) -> str:
    with pytest.raises(ConfigError) as error:
        check_base_tiles(town.load(), town.data)
    return str(error.value)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("folder", ["city", "data"])
def test_a_file_that_draws_the_city_is_taken(town: Town, folder: str, zipped: bool) -> None:
    path = write_ground((town.folder if folder == "city" else town.data) / "ground.pmtiles", BOX, zipped=zipped)
    assert check_base_tiles(town.load(), town.data) == path.resolve()


def test_a_city_without_a_file_is_not_asked_for_one(town: Town) -> None:
    (town.folder / "basemap.yaml").write_text("pmtiles: null\n")
    assert check_base_tiles(town.load(), town.data) is None
    (town.folder / "basemap.yaml").unlink()
    assert check_base_tiles(town.load(), town.data) is None


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def keep_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def spoil_metadata(path: Path) -> None:
    body = bytearray(path.read_bytes())
    start = int.from_bytes(body[24:32], "little")
    body[start : start + 4] = b"oops"
    path.write_bytes(body)


def spoil_root(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[127:140] = bytes(13)
    path.write_bytes(body)


def change_byte(at: int, value: int) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        body = bytearray(path.read_bytes())
        body[at] = value
        path.write_bytes(body)

    return change


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.write_bytes(b""), "not a PMTiles file"), (lambda path: path.write_text("{}"), "not a PMTiles file"),
        (change_byte(7, 2), "of version 2"), (change_byte(97, 1), "directories are not gzipped"), (change_byte(99, 77), "damaged"),
        (cut, "cut short"), (keep_header, "damaged"), (spoil_metadata, "damaged"), (spoil_root, "cannot be read"),
    ],
)  # fmt: skip
def test_a_spoiled_file_is_refused(town: Town, spoil: Callable[[Path], None], words: str) -> None:
    path = write_ground(town.data / "ground.pmtiles", BOX)
    assert check_base_tiles(town.load(), town.data)
    spoil(path)
    said = refusal(town)
    assert words in said and "ground.pmtiles" in said


def test_a_file_of_another_kind_or_place_is_refused(town: Town) -> None:
    path = town.data / "ground.pmtiles"
    assert "ground.pmtiles" in refusal(town), "there is none"
    write_ground(path, BOX, kind=TileType.PNG)
    assert "png, not vector tiles" in refusal(town)
    write_ground(path, BOX, packed=Compression.BROTLI)
    assert "packed with brotli" in refusal(town)
    write_ground(path, (-77.0, 39.0, -76.1, 40.0))
    assert "do not cover the city's bbox but -77.0,39.0,-76.1,40.0" in refusal(town)
    write_ground(path, BOX, zooms=range(7))
    assert "end at zoom 6" in refusal(town)
    write_ground(path, BOX, names={"water": "flood_zones"})
    assert "they name flood_zones" in refusal(town)
    write_ground(path, BOX, metadata={"name": "no layers"})
    assert "they name none" in refusal(town)
    write_ground(path, (10.0, 50.0, 11.0, 51.0), bounds=BOX)
    assert "holds no tile of the city" in refusal(town)
    write_ground(path, BOX, zipped=False, packed=Compression.GZIP)
    assert "a tile of the city cannot be read" in refusal(town)


def test_refresh_refuses_before_it_fetches(town: Town) -> None:
    (town.data / "ground.pmtiles").write_bytes(b"something else")
    with pytest.raises(ConfigError, match="not a PMTiles file"):
        refresh(town.folder, town.data, now=NOW)
    assert not (town.data / "snapshots").exists()


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[BaseTiles]:
    tiles = BaseTiles(
        write_ground(tmp_path / "ground.pmtiles", BOX, zooms=(7, 9, 11), names=OPENMAPTILES, bare=[(9, 147, 195)])
    )
    yield tiles
    tiles.close()


def test_every_tile_is_found_and_no_other(ground: BaseTiles, tmp_path: Path) -> None:
    with (tmp_path / "ground.pmtiles").open("rb") as file:
        there = dict(all_tiles(MmapSource(file)))
    assert len(there) > 50 and (9, 147, 195) not in there and (9, 146, 195) in there
    for zoom in (7, 8, 9, 10, 11):
        for x, y in tiles_of((-78.5, 38.0, -75.0, 41.0), zoom):
            assert ground.tile(zoom, x, y) == there.get((zoom, x, y))
            if (zoom, x, y) in there:
                assert ground.covers(zoom, x, y)
    assert not ground.covers(6, 18, 24) and not ground.covers(12, 1172, 1559) and not ground.covers(9, 0, 0)
    assert ground.covers(9, 147, 195), "inside, though nothing is drawn there"
    assert ground.layers == {"landuse": ("landcover",), "water": ("water",), "roads": ("transportation",)}
    assert ground.bounds == BOX and ground.zooms == (7, 11)


def test_tiles_in_directories_below_the_root(tmp_path: Path) -> None:
    """So many tiles of many lengths that the file's root only names other directories."""
    path, dice = tmp_path / "ground.pmtiles", random.Random(7)
    wanted = {
        number: dice.randbytes(dice.randrange(3, 400))
        for number in sorted(dice.sample(range(100_000_000, 101_000_000), 16_000))
    }
    with path.open("wb") as file:
        writer = Writer(file)
        for number, body in wanted.items():
            writer.write_tile(number, body)
        writer.finalize({"tile_type": TileType.MVT, "tile_compression": Compression.NONE}, {})
    assert int.from_bytes(path.read_bytes()[48:56], "little") > 0, "this file has no directories below its root"
    with closing(BaseTiles(path)) as tiles:
        for number in (*list(wanted)[::40], *range(100_000_000, 101_000_000, 3331), 7, 99_999_999, 102_000_000):
            assert tiles.tile(*tileid_to_zxy(number)) == wanted.get(number)


def test_another_file_is_another_configuration(town: Town) -> None:
    write_ground(town.data / "ground.pmtiles", BOX)
    first = with_files_hashed(town.load(), town.data).config_sha256
    write_ground(town.data / "ground.pmtiles", BOX, zooms=(8, 9))
    assert with_files_hashed(town.load(), town.data).config_sha256 != first != load_catalog(town.folder).config_sha256


def test_a_release_holds_its_own_file(town: Town) -> None:
    path = write_ground(town.data / "ground.pmtiles", BOX)
    write_feed(town.data, [feed_row(n) for n in range(40)])
    first = refresh(town.folder, town.data, now=NOW)
    folder = release_folder(town.data, first.release_id or "")
    assert current_release(town.data) == folder.name
    assert load_manifest(folder).files[NAME] == hash_file(path) and verify(folder) == []
    assert refresh(town.folder, town.data, now=NOW).outcome == "unchanged"
    held = (folder / NAME).read_bytes()
    assert not path.samefile(folder / NAME), "the city may write over its own file"

    again = refresh(town.folder, town.data, now=NOW, force=True)
    second = release_folder(town.data, again.release_id or "")
    assert (folder / NAME).samefile(second / NAME), "the same file takes the room of one"

    write_ground(path, BOX, zooms=(8, 9))
    third = release_folder(town.data, refresh(town.folder, town.data, now=NOW).release_id or "")
    assert (third / NAME).read_bytes() == path.read_bytes() != held == (folder / NAME).read_bytes()
    assert [verify(release) for release in (folder, second, third)] == [[], [], []]
