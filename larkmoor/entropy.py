"""The entropy floor: how few bits a byte of the corpus can cost.

The generator knows the probability of every choice that it draws: one name of two hundred costs
log2(200) bits, one of four phrasings two bits. The sum over the choices behind a line is the code
length of that line. Summed over many lines and divided by their bytes (line ends included) it is
what an ideal reader pays who knows the town, its facts, its splits and all phrasings, and has only
to hear what was drawn this time.

What it means, and its limits:

- If every line gives away the choices behind it, the mean code length is exactly the entropy of a
  line given the town, and no model pays less on average over fresh lines. If different choices
  could write the same line, the line would cost less than each of its codes: so strictly the number
  is a bound on the entropy from above. The tables are written so that a line gives its choices
  away; tests check that a line always has the same code length, and that lines come up twice as
  often as their code lengths say (they would do so more often if there were several ways to them).
- A model pays more by what it has not learned of the town. The facts themselves are drawn once and
  are not in the number; spread over a large corpus they cost next to nothing, in a small one they
  matter.
- It is for lines as the .txt files have them. With a chat template around the turns, divide the
  same bits by the bytes of the text that you really score.
- Over a finite corpus it is an average: lines that the model was trained on can be learned by heart
  and then cost less. Compare on lines of the "valid" split.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from larkmoor.records import Record


@dataclass(frozen=True)
class Floor:
    """The code length of some lines, and their size."""

    bits: float
    bytes: int
    lines: int

    @property
    def bits_per_byte(self) -> float:
        return self.bits / self.bytes

    @property
    def bits_per_line(self) -> float:
        return self.bits / self.lines


def floor(records: Iterable[Record]) -> Floor:
    """Return the entropy floor of some records, in bits per byte of their text."""
    bits, size, lines = 0.0, 0, 0
    for record in records:
        bits += record.bits
        size += len(record.text.encode()) + 1
        lines += 1
    if lines == 0:
        raise ValueError("there are no lines to take the floor of")
    return Floor(bits, size, lines)
