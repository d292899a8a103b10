"""Run a solved notebook in a fresh kernel and make its outputs fit to be kept.

What is kept must come out the same on every run: no times, no ids of widgets. An output that
names a memory address or a folder of this machine is an error.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.notebooknode import NotebookNode

from coursekit.markup import ChapterError
from coursekit.notebooks import Cell

SECONDS_PER_CELL = 120
WIDGET = "application/vnd.jupyter.widget-view+json"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_LEFT_OUT = ("COURSE_WORKSPACE", "MPLBACKEND", "NBGRADER_EXECUTION")
_COLOR = re.compile(r"\x1b\[[0-9;]*m")


def execute(
    notebook: NotebookNode, made: list[Cell], folder: Path, say: Callable[[str], None]
) -> None:
    """Run all cells in `folder` and store their outputs; `say` is told of each cell."""
    asyncio.run(_execute(notebook, made, folder, say))


async def _execute(
    notebook: NotebookNode, made: list[Cell], folder: Path, say: Callable[[str], None]
) -> None:
    with tempfile.TemporaryDirectory() as own:
        client = NotebookClient(
            notebook,
            timeout=SECONDS_PER_CELL,
            kernel_name="python3",
            store_widget_state=False,
            record_timing=False,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(folder)}},
        )
        async with client.async_setup_kernel(env=_environment(own)):
            for index, (node, cell) in enumerate(zip(notebook.cells, made)):
                if cell.kind != "code":
                    continue
                start = time.perf_counter()
                try:
                    await client.async_execute_cell(node, index)
                except CellExecutionError as error:
                    _failed(cell, node, error)
                except CellTimeoutError:
                    cell.place.error(f"the cell ran longer than {SECONDS_PER_CELL} s.")
                except DeadKernelError:
                    cell.place.error("the kernel died in this cell.")
                seconds = time.perf_counter() - start
                say(f"cell {index + 1} of {len(made)}, {seconds:.1f} s ({cell.place})")
                _tidy(node, cell, folder)


def _environment(ipython: str) -> dict[str, str]:
    """The kernel's environment: the reader's own settings and answers play no part."""
    kept = {key: value for key, value in os.environ.items() if key not in _LEFT_OUT}
    single = dict.fromkeys(_THREADS, "1")
    return kept | single | {"IPYTHONDIR": ipython, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def _failed(cell: Cell, node: NotebookNode, error: CellExecutionError) -> None:
    """Raise with the chapter's line, the line in the cell, and the error."""
    outputs = [o for o in node.outputs if o.output_type == "error"]
    trace = _COLOR.sub("", "\n".join(outputs[-1].traceback)) if outputs else ""
    lines = [int(n) for n in re.findall(r"Cell In\s?\[\d+\], line (\d+)", trace)]
    code = node.source.splitlines()
    said = f"{error.ename}: {error.evalue}".strip()
    if not lines or lines[0] > len(code):
        raise ChapterError(f"{cell.place}: the cell {cell.id} failed.\n    {said}")
    at = cell.code_at.after(lines[0] - 1)
    # The last frame outside the notebook says where in the library it happened.
    frames = re.findall(r"File (?!<)(\S+?):(\d+)", trace)
    inside = f"\n    in {Path(frames[-1][0]).name}, line {frames[-1][1]}" if frames else ""
    raise ChapterError(
        f"{cell.place}: the cell {cell.id} failed.\n    {at}: {code[lines[0] - 1].strip()}"
        f"{inside}\n    {said}"
    )


def _tidy(node: NotebookNode, cell: Cell, folder: Path) -> None:
    node.metadata.pop("execution", None)
    outputs: list[NotebookNode] = []
    for output in node.outputs:
        before = outputs[-1] if outputs else None
        if "execution_count" in output:
            # nbval refuses outputs of a cell that does not say it was run.
            output.execution_count = node.execution_count
        if output.output_type == "error":
            output.traceback = [f"{output.ename}: {output.evalue}"]
        elif output.output_type == "stream" and before and before.get("name") == output.name:
            before.text += output.text
            continue
        elif "data" in output:
            _without_widget(output, cell)
        outputs.append(output)
    node.outputs = outputs
    for output in outputs:
        _steady(output, cell, folder)
    _describe(node, cell)
    if cell.part == "check":
        _accepted(node, cell)


def _without_widget(output: NotebookNode, cell: Cell) -> None:
    if output.data.pop(WIDGET, None) and not _shows_image(output):
        cell.place.error(
            "an interactive figure without a still would be empty on a page; show it with "
            "coursekit.figures.interactive."
        )


def _shows_image(output: NotebookNode) -> bool:
    return bool(_images(output)) or "<img " in output.data.get("text/html", "")


def _images(output: NotebookNode) -> list[str]:
    return [mime for mime in output.get("data", {}) if mime.startswith("image/")]


def _steady(output: NotebookNode, cell: Cell, folder: Path) -> None:
    """Raise for an output that another run or another machine would not give."""
    texts = [output.get("text", ""), output.get("evalue", "")]
    texts += [text for text in output.get("data", {}).values() if isinstance(text, str)]
    folders = {str(folder.parent), str(Path.home()), tempfile.gettempdir(), "/tmp/", "/var/folders"}
    for text in texts:
        address = re.search(r"\bat 0x[0-9a-fA-F]+", text)
        if address:
            cell.place.error(f"the output of cell {cell.id} holds an address, {address[0]!r}.")
        if "<dc:date>" in text:
            cell.place.error(f"the figure of cell {cell.id} holds the date when it was drawn.")
        for name in sorted(folders):
            if len(name) > 1 and name in text:
                cell.place.error(
                    f"the output of cell {cell.id} holds a folder of this machine, {name!r}."
                )


def _describe(node: NotebookNode, cell: Cell) -> None:
    """Hand the figure's alternative text to myst-nb, which reads it from the cell's metadata."""
    texts: list[str] = []
    for output in node.outputs:
        for mime in _images(output):
            alt = output.metadata.get(mime, {}).get("alt", "")
            if not alt.strip():
                cell.place.error(f"the figure of cell {cell.id} has no alternative text.")
            texts.append(alt)
        if re.search(r"<img (?![^>]*\balt=)", output.get("data", {}).get("text/html", "")):
            cell.place.error(f"an <img> in the output of cell {cell.id} has no alternative text.")
    if len(set(texts)) > 1:
        cell.place.error(
            f"cell {cell.id} shows {len(set(texts))} figures, but a page takes one alternative "
            "text for a cell; make it two cells."
        )
    if texts:
        image = node.metadata.setdefault("mystnb", NotebookNode()).setdefault(
            "image", NotebookNode()
        )
        image["alt"] = texts[0]


def _accepted(node: NotebookNode, cell: Cell) -> None:
    """Raise unless the check accepted the library's own answer: check() itself never raises."""
    said = [o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in node.outputs]
    if not any(": accepted" in text for text in said):
        shown = "\n".join(said).strip() or "(nothing)"
        cell.place.error(f"the library's own answer does not pass its checks:\n{shown}")
