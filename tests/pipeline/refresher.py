"""Runs the real command line in forked children that a test can kill; the imports are paid for once.

A line `CITY DATA` on standard input starts a child and prints its process id, which stays its own until the next line,
`reap`: that waits for its end and prints its exit code, or minus the signal that ended it.
"""

from __future__ import annotations

import os
import sys

import harborlight.cli


def main() -> None:
    for line in iter(sys.stdin.readline, ""):
        city, data = line.split()
        child = os.fork()
        if child == 0:
            for number in (0, 1, 2):
                os.dup2(os.open(os.devnull, os.O_RDWR), number)
            sys.argv = ["harborlight", "refresh", "--city", city, "--data", data]
            try:
                harborlight.cli.main()
            except SystemExit as end:
                os._exit(int(end.code or 0))
            os._exit(0)
        print(child, flush=True)
        sys.stdin.readline()
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
