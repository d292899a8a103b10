"""A learner's JupyterLab in a headless browser, driven as a learner would: by menus and keys."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
START = 60.0  # seconds until a server answers
PATIENCE = 60_000.0  # milliseconds until something shows
POSITION = """cell => [
    ...cell.closest(".jp-NotebookPanel").querySelectorAll(".jp-CodeCell")
].indexOf(cell)"""
SETTINGS = {
    # All cells are in the page, also those out of sight.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


def chromium() -> str | None:
    """The browser to use: $CHROMIUM, or one that is installed."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen if Path(chosen).exists() else None
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def served(home: Path, week: int = 1, theme: str = "JupyterLab Light") -> Iterator[str]:
    """The address of a JupyterLab that `course lab` has started, on a workspace in `home`."""
    settings = {**SETTINGS, "@jupyterlab/apputils-extension/themes": {"theme": theme}}
    for name, values in settings.items():
        file = home / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    environment = {
        **os.environ,
        "COURSE_WORKSPACE": str(home / "workspace"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    log = home / "lab.log"
    command = [sys.executable, "-m", "coursekit", "lab", str(week), "--no-browser", "--port", "0"]
    with log.open("w", encoding="utf-8") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        yield _address(server, log)
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and server.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:[1-9]\d*/lab\S*token=\S+", log.read_text("utf-8"))
        if found:
            return found.group()
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text('utf-8')}")


@contextmanager
def opened(address: str, width: int = 1280, height: int = 1000) -> Iterator[Lab]:
    """The address in a fresh browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(PATIENCE)
        try:
            page.goto(address)
            yield Lab(page)
        finally:
            browser.close()


class Lab:
    """JupyterLab with one notebook open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        expect.set_options(timeout=PATIENCE)
        self.notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        self.cells = self.notebook.locator(".jp-CodeCell")
        self.cells.first.wait_for()
        self._kernel_is_idle()

    def menu(self, name: str, entry: str) -> None:
        """Choose an entry of the menu bar."""
        self.page.locator(".lm-MenuBar-item", has_text=name).first.click()
        label = self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(entry)}"))
        label.first.click()

    def run_all(self) -> None:
        """Run the notebook from top to bottom and wait for its end."""
        self.menu("Run", "Run All Cells")
        self._has_run(self.cells.last)

    def restart(self) -> None:
        """Restart the kernel."""
        self.menu("Kernel", "Restart Kernel")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        expect(self.page.locator(".jp-Dialog")).to_have_count(0)
        self._kernel_is_idle()

    def cell(self, text: str) -> Locator:
        """The code cell that holds this text now; it stays the same when its text changes."""
        mine = self.cells.filter(has=self.page.locator(".cm-content", has_text=text)).first
        return self.cells.nth(mine.evaluate(POSITION))

    def write(self, cell: Locator, text: str) -> None:
        """Replace what is in a cell, by keyboard."""
        editor = cell.locator(".cm-content")
        editor.scroll_into_view_if_needed()
        editor.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        expect(editor).to_have_text("")
        # As one input, not key by key: the editor would indent and close brackets on its own.
        self.page.keyboard.insert_text(text)
        expect(editor).to_contain_text(text.strip().splitlines()[-1].strip())

    def run(self, cell: Locator) -> Locator:
        """Run one cell; its output."""
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        expect(prompt).not_to_have_text(before)
        self._has_run(cell)
        return cell.locator(".jp-Cell-outputWrapper")

    def _has_run(self, cell: Locator) -> None:
        expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"^\[\d+\]:$"))
        self._kernel_is_idle()

    def _kernel_is_idle(self) -> None:
        # The notebook's own mark says "idle" before there is a kernel; the status bar does not.
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
