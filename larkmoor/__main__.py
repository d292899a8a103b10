"""Write a corpus: `python -m larkmoor --seed 0 --out DIR --size small`."""

import argparse
import sys
import time
from pathlib import Path
from typing import NoReturn

from larkmoor.corpus import SIZES
from larkmoor.write import CorpusError, corpus_hash, write


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"larkmoor: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = _Parser(prog="python -m larkmoor", description="Write the corpus of Larkmoor.")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write into")
    parser.add_argument("--seed", type=int, default=0, help="which town (default: 0)")
    parser.add_argument(
        "--size", default="small", metavar="SIZE", help=f"{', '.join(SIZES)} (default: small)"
    )
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    try:
        manifest = write(options.out, options.seed, options.size)
    except CorpusError as error:
        print(f"larkmoor: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("larkmoor: stopped; nothing was left in the folder", file=sys.stderr)
        return 130
    seconds = time.perf_counter() - start
    for name, entry in manifest["files"].items():
        print(f"{name:<24} {entry['lines']:>8,} lines {entry['bytes']:>12,} bytes")
    print(f"entropy floor: {manifest['entropy_floor_bits_per_byte']} bits per byte")
    print(f"SHA-256 of the whole: {corpus_hash(manifest)}")
    print(f"written to {options.out} in {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
