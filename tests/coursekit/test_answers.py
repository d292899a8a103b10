"""What a reader writes becomes a function of the library, or one sentence says why it cannot."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from coursekit import library
from coursekit.answers import Answer, AnswerError, without_decorators
from minitorch import Tensor, ops
from tests.coursekit.learner import MUL, Learner, learning

SOURCE = MUL.replace('@exercise("ops.mul")\n', "").lstrip()
STUB = SOURCE.split("\n\n")[0] + "\n    raise NotImplementedError\n"
RETURN = "return record(a.data * b.data, (a, b), backward)"


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    with learning(tmp_path) as learner:
        yield learner


def refusal(source: str, name: str = "ops.mul", **elsewhere: object) -> str:
    """The sentence that an answer is refused with."""
    with pytest.raises(AnswerError) as refused:
        Answer(name, source, elsewhere=elsewhere).compile()
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", "?"))
    return sentence


def answer(old: str = "", new: str = "") -> str:
    assert old in SOURCE
    return SOURCE.replace(old, new)


# -- what it becomes ---------------------------------------------------------------------------


def test_an_answer_runs_among_the_names_of_its_module() -> None:
    function = Answer("ops.mul", SOURCE).compile()
    assert function.__globals__ is vars(ops)
    assert function(Tensor([2.0]), Tensor([3.0])).item() == 6.0


def test_its_tensors_are_named_after_the_operation_as_the_librarys_are() -> None:
    renamed = answer("backward", "my_rule")
    product = Answer("ops.mul", renamed).compile()(Tensor([2.0], True), Tensor([3.0]))
    assert product.operation == "mul"


def test_types_in_the_signature_need_no_imports() -> None:
    Answer("ops.mul", answer("a: Tensor", "a: NoSuchType")).compile()


def test_defaults_and_keyword_only_arguments_are_the_answers_own() -> None:
    text = Answer("ops.sum", inspect.getsource(ops.sum)).compile()
    assert text.__defaults__ == (None, False)


def test_a_method_reaches_its_class_through_super() -> None:
    source = "def tanh(self) -> Tensor:\n    return super().__repr__()\n"
    with library.in_place("tensor.Tensor.tanh", Answer("tensor.Tensor.tanh", source).compile()):
        assert Tensor([1.0]).tanh().startswith("<minitorch.tensor.Tensor object")


@pytest.mark.parametrize(
    "body",
    [
        "total = [x for x in a.data if x]",
        "import collections\n    collections.Counter()",
        "class Row:\n        width = 2\n        area = width * width",
        "from_here = a\n    inner = lambda: from_here",
        "try:\n        pass\n    except ValueError as error:\n        print(error)",
        "global _counted\n    del a",
        "helper = lambda x: np.exp(x)",
    ],
)
def test_names_that_the_answer_makes_itself_are_no_foreign_names(body: str) -> None:
    Answer("ops.mul", answer("    def backward", f"    {body}\n\n    def backward")).compile()


# -- what is refused, and with which words -----------------------------------------------------


def test_a_helper_from_elsewhere_in_the_notebook_is_to_be_moved_in() -> None:
    said = refusal(answer("a.data * b.data", "times(a.data, b.data)"), times=lambda x, y: x * y)
    assert "`times` is defined elsewhere in the notebook" in said
    assert "move `times` into the function" in said


def test_an_import_of_the_notebook_is_to_be_done_inside() -> None:
    source = answer(RETURN, f"scipy.special\n    {RETURN}")
    said = refusal(source, scipy=inspect)
    assert "`scipy` is imported in the notebook" in said
    assert "import it inside the function" in said


def test_an_import_inside_the_function_is_fine() -> None:
    Answer("ops.mul", answer(RETURN, f"import fractions\n    fractions\n    {RETURN}")).compile()


def test_a_typing_mistake_is_named_with_what_was_meant() -> None:
    said = refusal(answer("return record", "return recrod"))
    assert "`recrod` is not defined" in said
    assert "Did you mean `record`?" in said


def test_a_foreign_name_in_a_nested_function_is_found() -> None:
    assert "`gg`" in refusal(answer("g * b.data", "gg * b.data"))


@pytest.mark.parametrize("signature", ["a, b, scale=1.0", "a", "b, a", "a, *b", "a, b=None"])
def test_another_signature_is_shown_beside_the_right_one(signature: str) -> None:
    said = refusal(answer("a: Tensor, b: Tensor", signature).replace("b.data", "2"))
    assert "`mul` takes (a, b)" in said
    assert f"({signature})" in said


def test_another_name_is_shown_beside_the_right_one() -> None:
    said = refusal(answer("def mul", "def multiply"))
    assert "`multiply`" in said
    assert "`mul`" in said


@pytest.mark.parametrize(
    "source",
    [
        "def mul(a, b):\n    return a *\n",
        "def mul(a, b):\n    nonlocal c\n",
        "def mul(a, b):\nreturn a\n",
        "def mul(a, b):\n    return 0\0\n",
    ],
)
def test_what_is_not_python_is_a_sentence_with_the_line(source: str) -> None:
    assert "not Python" in refusal(source)


@pytest.mark.parametrize("source", ["", "mul = 3\n", "# def mul(a, b): ...\n", "lambda a, b: a\n"])
def test_something_without_a_function_is_told_so(source: str) -> None:
    assert "`def`" in refusal(source)


def test_an_async_function_is_told_to_be_a_plain_one() -> None:
    assert "`async def`" in refusal(answer("def mul", "async def mul"))


def test_a_default_that_raises_is_a_sentence() -> None:
    assert "ZeroDivisionError" in refusal(answer("b: Tensor)", "b=1 / 0)"))


def test_a_default_with_an_unknown_name_is_a_sentence() -> None:
    assert "`unknown`" in refusal(answer("b: Tensor)", "b=unknown)"))


# -- stubs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        STUB,
        STUB.replace("NotImplementedError", 'NotImplementedError("write me")'),
        "def mul(a, b):\n    raise NotImplementedError\n",
        'def mul(a, b):\n    """Multiply."""\n',
        "@exercise('ops.mul')\ndef mul(a, b):\n    # a comment\n    raise NotImplementedError\n",
    ],
)
def test_a_function_without_a_body_of_its_own_is_a_stub(source: str) -> None:
    assert Answer("ops.mul", source).is_stub


@pytest.mark.parametrize(
    "source",
    [
        SOURCE,
        "def mul(a, b):\n    pass\n",
        "def mul(a, b):\n    x = 1\n    raise NotImplementedError\n",
        "def mul(a, b):\n    raise ValueError\n",
    ],
)
def test_a_function_that_was_begun_is_no_stub(source: str) -> None:
    assert not Answer("ops.mul", source).is_stub


# -- what is kept ------------------------------------------------------------------------------


def test_decorators_are_not_kept_but_comments_are() -> None:
    source = f"# mine\n@exercise(\n    'ops.mul'\n)\n{SOURCE}\n\n"
    assert without_decorators(source) == f"# mine\n{SOURCE}"
    assert without_decorators(without_decorators(source)) == f"# mine\n{SOURCE}"


def test_the_source_of_an_answer_in_a_cell_is_found(learner: Learner) -> None:
    learner.run(MUL)
    mul = learner.names["mul"]
    assert "return g * b.data, g * a.data" in inspect.getsource(mul)
    assert mul(Tensor(np.ones(2)), Tensor(np.ones(2))).shape == (2,)


def test_an_answer_without_source_says_where_to_write_it(learner: Learner) -> None:
    exec("def mul(a, b): return a", learner.names)
    learner.run('exercise("ops.mul")(mul)')
    said = repr(learner.check("mul"))
    assert "write it in a notebook's cell or in a file" in " ".join(said.split())
