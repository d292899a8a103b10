"""An answer takes the place of a library function for every name that is bound to it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import numpy as np
import pytest

import minitorch
from coursekit import library
from minitorch import Tensor, ops
from minitorch.ops import mul
from minitorch.recording import record


@pytest.fixture(autouse=True)
def as_it_came() -> Iterator[None]:
    yield
    for name in library.installed():
        library.restore(name)


def sevens(a: Tensor, b: Tensor) -> Tensor:
    return record(np.full_like(a.data, 7.0), (a, b), lambda g: (g, g))


def one_two() -> tuple[Tensor, Tensor]:
    return Tensor([1.0, 2.0]), Tensor([3.0, 4.0])


def install(name: str, function) -> None:
    library.install(name, library.at_home(name, function))


def test_every_name_that_was_bound_before_runs_the_answer() -> None:
    a, b = one_two()
    bound_in_a_list = [mul]
    install("ops.mul", sevens)
    ways = [mul(a, b), ops.mul(a, b), minitorch.ops.mul(a, b), a * b, bound_in_a_list[0](a, b)]
    assert [way.data.tolist() for way in ways] == [[7.0, 7.0]] * 5


def test_restoring_brings_back_the_librarys_own() -> None:
    a, b = one_two()
    install("ops.mul", sevens)
    library.restore("ops.mul")
    assert (a * b).data.tolist() == [3.0, 8.0]
    assert library.installed() == {}


def test_a_second_answer_replaces_the_first_and_both_go() -> None:
    a, b = one_two()
    install("ops.mul", sevens)
    install("ops.mul", lambda a, b: record(a.data - b.data, (a, b), lambda g: (g, -g)))
    assert (a * b).data.tolist() == [-2.0, -2.0]
    library.restore("ops.mul")
    assert (a * b).data.tolist() == [3.0, 8.0]


def test_defaults_belong_to_the_answer() -> None:
    def summed(a, axis=1, keepdims=True):
        return record(a.data.sum(axis, keepdims=keepdims), (a,), lambda g: (g,))

    table = Tensor(np.ones((2, 3)))
    install("ops.sum", summed)
    assert ops.sum(table).shape == (2, 1)
    library.restore("ops.sum")
    assert ops.sum(table).shape == ()


def test_a_method_is_replaced_in_its_class() -> None:
    install("tensor.Tensor.tanh", lambda self: "mine")
    assert Tensor([1.0]).tanh() == "mine"
    library.restore("tensor.Tensor.tanh")
    assert isinstance(Tensor([1.0]).tanh(), Tensor)


def test_inside_as_shipped_no_answer_is_in_place() -> None:
    a, b = one_two()
    install("ops.mul", sevens)
    with library.as_shipped():
        assert (a * b).data.tolist() == [3.0, 8.0]
    assert (a * b).data.tolist() == [7.0, 7.0]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_interruption_leaves_the_answers_as_they_were(error: type[BaseException]) -> None:
    a, b = one_two()
    install("ops.mul", sevens)

    def interrupted() -> None:
        with library.as_shipped():
            install("ops.add", sevens)
            raise error

    with pytest.raises(error):
        interrupted()
    assert (a * b).data.tolist() == [7.0, 7.0]
    assert (a + b).data.tolist() == [4.0, 6.0]


def test_an_answer_for_a_while_goes_again() -> None:
    a, b = one_two()
    with library.in_place("ops.mul", library.at_home("ops.mul", sevens)):
        assert (a * b).data.tolist() == [7.0, 7.0]
    assert (a * b).data.tolist() == [3.0, 8.0]


def test_the_function_keeps_its_identity() -> None:
    """So that it can be pickled, compared and documented as before."""
    install("ops.mul", sevens)
    assert pickle.loads(pickle.dumps(mul)) is mul is ops.mul
    assert mul.__name__ == "mul"
    assert mul.__module__ == "minitorch.ops"


@pytest.mark.parametrize(
    "name", ["ops.nothing", "nowhere.mul", "ops", "tensor.Tensor.shape", "os.getcwd"]
)
def test_what_is_no_function_of_the_library_is_said(name: str) -> None:
    with pytest.raises(LookupError, match=r"the library has no function minitorch\."):
        library.target(name)


def test_another_package_of_the_course_is_named_in_full() -> None:
    assert library.target("larkmoor.corpus.documents").attribute == "documents"
    assert library.target("minitorch.ops.mul").original is ops.mul
