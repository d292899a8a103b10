"""How checks are written: wrong answers as slips of the library's own source."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit import judge, library
from coursekit.checking import Checks
from coursekit.tensor_checks import run_operation
from minitorch import Tensor, nn, ops


def products() -> Checks:
    checks = Checks("ops.mul")

    def cases(rng):
        yield {name: rng.normal(size=3) for name in ("g", "a", "b")}

    @checks.check("the gradients", cases=cases)
    def gradients(g, a, b):
        return run_operation(ops.mul, g, a=a, b=b)

    return checks


def test_a_slip_is_the_librarys_answer_with_a_few_words_changed() -> None:
    checks = products()
    checks.slip("loses_a", "It is `a` that is missing.", ("g * a.data", "g"))
    checks.slip("loses_g", "It is `g` that is missing.", ("g * b.data", "b.data"))
    for name, said in (("loses_a", "It is `a`"), ("loses_g", "It is `g`")):
        (wrong,) = (wrong for wrong in checks.wrong_answers if wrong.name == name)
        verdict = judge.judge(checks, library.at_home(checks.name, wrong.function), seed=1)
        assert not verdict.passed
        assert verdict.mistake == name
        assert verdict.diagnosis.startswith(said)


def test_a_slip_of_a_method_takes_its_place_in_the_class() -> None:
    checks = Checks("nn.Dropout.forward")
    checks.slip("always_drops", "It drops in use too.", ("not self.training or ", ""))
    (wrong,) = checks.wrong_answers
    layer = nn.Dropout(0.5, rng=np.random.default_rng(0)).eval()
    ones = Tensor(np.ones(100))
    assert layer(ones) is ones
    with library.in_place(checks.name, library.at_home(checks.name, wrong.function)):
        assert 0 in layer(ones).data


@pytest.mark.parametrize(("before", "times"), [("g * c.data", 0), ("g * ", 2)])
def test_a_slip_that_does_not_fit_the_library_is_refused(before: str, times: int) -> None:
    with pytest.raises(ValueError, match=f"stands {times} times in ops.mul"):
        products().slip("fits_nowhere", "It does not fit.", (before, "g"))
