"""The static site: the release that is up as files, for any web server or a disk, without a server and without JavaScript."""

from harborlight.export.run import Made, export

__all__ = ["Made", "export"]
