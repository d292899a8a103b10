"""Week 1 in JupyterLab, as a learner meets it: a wrong answer, a right one, and the next day."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit import source
from tests.browser.jupyter import Lab, chromium, opened, served

PICTURES = Path(os.environ.get("COURSE_PICTURES", "_build/browser"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        chromium() is None, reason="no Chromium: install it, or set CHROMIUM to its path"
    ),
]

MUL = f'@exercise("ops.mul")\n{source.solution("ops.mul").rstrip()}'
EXCHANGED = MUL.replace("g * b.data, g * a.data", "g * a.data, g * b.data")


@pytest.fixture
def lab(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A running JupyterLab; a picture of it is kept if the test fails."""
    with served(tmp_path) as address, opened(address) as lab:
        failed = request.session.testsfailed
        try:
            yield lab
        finally:
            PICTURES.mkdir(parents=True, exist_ok=True)
            name = "failed" if request.session.testsfailed > failed else "passed"
            lab.page.screenshot(path=PICTURES / f"{request.node.name}-{name}.png")


def test_week_1_from_the_first_run_to_an_answer_that_stays(lab: Lab) -> None:
    lab.run_all()
    assert lab.page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
    assert "0 of" in lab.cell("begin(1)").locator(".course-overview").inner_text()

    answer, check = lab.cell('@exercise("ops.mul")'), lab.cell('check("mul")')
    assert "not written yet" in check.locator(".course-report").inner_text()

    lab.write(answer, EXCHANGED)
    lab.run(answer)
    assert "The factors have changed places" in lab.run(check).inner_text()

    lab.write(answer, MUL)
    lab.run(answer)
    assert "accepted" in lab.run(check).locator(".course-report").inner_text()

    lab.restart()
    begun = lab.run(lab.cell("begin(1)")).locator(".course-overview").inner_text()
    assert "1 of" in begun
    assert "ops.mul" in begun
