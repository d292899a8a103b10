"""The session in a real Jupyter kernel: what is shown, what is kept, and what nbgrader counts."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.notebooknode import NotebookNode

from coursekit import chapter, paths, source
from tests.coursekit.learner import EXCHANGED, MUL

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

FIRST = (
    "from __future__ import annotations\n\nfrom coursekit import begin, check, exercise\nbegin(1)"
)
DEMONSTRATION = (
    "from minitorch import Tensor\nfrom minitorch.ops import mul as by_name\n"
    "two, three = Tensor([2.0]), Tensor([3.0])\n"
    "[by_name(two, three).item(), (two * three).item(), (3.0 * two).item()]"
)


def run(*cells: str, **more: NotebookNode) -> list[NotebookNode]:
    """Run cells in a fresh kernel; the cells with their outputs."""
    notebook = nbformat.v4.new_notebook()
    for number, cell in enumerate(cells):
        made = cell if isinstance(cell, NotebookNode) else nbformat.v4.new_code_cell(cell)
        notebook.cells.append(made)
        made.id = f"cell{number}"
    NotebookClient(notebook, kernel_name="python3", timeout=60, allow_errors=True).execute()
    return notebook.cells


def shown(cell: NotebookNode, kind: str = "text/plain") -> str:
    """The result of a cell, as text or as HTML."""
    (output,) = [o for o in cell.outputs if o.output_type == "execute_result"]
    return output.data[kind]


def test_a_session_in_a_kernel_and_a_later_one(fresh_workspace: Path) -> None:
    begun, _, wrong, _, right, demonstration, _ = run(
        FIRST, EXCHANGED, 'check("mul")', MUL, 'check("mul")', DEMONSTRATION, "mul"
    )
    assert "0 of " in shown(begun)
    # The signature says Tensor, which this notebook imports only later, in its sixth cell.
    assert "The factors have changed places" in " ".join(shown(wrong).split())
    assert "accepted" in shown(right)
    assert shown(demonstration) == "[6.0, 6.0, 6.0]"

    html = shown(wrong, "text/html")
    assert '<div class="course-report"' in html
    assert html.count("<tr") == html.count("</tr>") == 3
    assert 'aria-label="failed"' in html
    assert 'aria-label="passed"' in shown(right, "text/html")
    assert "color:" not in html.replace("currentColor", "")  # the theme's own, light or dark

    kept = fresh_workspace / "answers" / "ops.mul.py"
    kept.write_text(kept.read_text().replace("a.data * b.data, (", "a.data + b.data, ("))
    before, begun, after = run(
        DEMONSTRATION, FIRST, "[by_name(two, three).item(), (two * three).item()]"
    )
    assert shown(before) == "[6.0, 6.0, 6.0]"
    assert "yours: ops.mul" in shown(begun)
    assert "<code>ops.mul</code>" in shown(begun, "text/html")
    assert shown(after) == "[5.0, 5.0]"


def test_what_goes_wrong_in_a_kernel_is_a_sentence_without_a_traceback() -> None:
    endless = MUL.replace("    return record", "    raise SystemExit\n    return record")
    _, unknown_week, unknown_exercise, not_run, syntax, after_it, _, ended, still = run(
        FIRST,
        "begin(77)",
        '@exercise("mul")\ndef mul(a, b): ...',
        'check("mul")',
        MUL.replace("return record", "return return"),
        'check("mul")',
        endless,
        'check("mul")',
        "'the kernel lives'",
    )
    (error,) = unknown_week.outputs
    assert error.traceback == [error.evalue]
    assert error.evalue.startswith("There is no week 77 in this course")
    assert unknown_exercise.outputs[0].traceback == [
        "There is no exercise called 'mul'. Did you mean `ops.mul`?"
    ]
    assert "no answer was run" in shown(not_run)
    assert syntax.outputs[0].ename == "SyntaxError"
    assert "stopped with an error" in shown(after_it)
    assert "SystemExit" in shown(ended)
    assert shown(still) == "'the kernel lives'"


def test_an_endless_answer_does_not_hang_the_kernel() -> None:
    """The kernel's own limit is shortened here, or this test would take that long."""
    loop = "    while True:\n        try:\n            len('')\n        except:\n            pass\n"
    endless = MUL.replace("    return record", f"{loop}    return record")
    quick = "from coursekit import judge\njudge.judge.__defaults__ = (None, 0.5, True)"
    _, _, stopped, _, accepted = run(
        f"{FIRST}\n{quick}", endless, 'check("mul")', MUL, 'check("mul")'
    )
    assert "still running after 0.5 seconds" in " ".join(shown(stopped).split())
    assert "accepted" in shown(accepted)


def test_nbgrader_gives_partial_credit_for_the_checks_that_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a cell as `course build` makes it, and the very function that nbgrader grades with."""
    determine_grade = pytest.importorskip("nbgrader.utils").determine_grade
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    name, points = "ops.matmul", chapter.exercise("ops.matmul").points
    right = f'@exercise("{name}")\n{source.solution(name)}'
    # It computes what nobody wants: one of its three checks fails.
    partly = right.replace(" if a.requires_grad else None", "")
    partly = partly.replace(" if b.requires_grad else None", "")
    wrong = right.replace("return record(", "return (")
    stub = f'@exercise("{name}")\n{source.stub(name)}'

    def graded(answer: str) -> float:
        notebook = json.loads(paths.week_notebook(1).read_text(encoding="utf-8"))
        (cell,) = [c for c in notebook["cells"] if c["id"] == "matmul-check"]
        made = nbformat.v4.new_code_cell("".join(cell["source"]), metadata=cell["metadata"])
        check = run(FIRST, answer, made)[-1]
        got, most = determine_grade(check)
        assert most == points
        return got

    assert graded(right) == points
    assert graded(partly) == pytest.approx(points * 2 / 3, abs=0.01)
    assert graded(wrong) == 0.0
    assert graded(stub) == 0.0
