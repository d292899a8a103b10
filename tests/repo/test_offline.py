"""The network is blocked for tests and notebooks, and the block really holds."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import network_block
import pytest
from nbclient import NotebookClient

# An address of the range that is kept for documentation: nobody answers there.
ELSEWHERE = "192.0.2.1"
CONNECT = f"import socket; socket.create_connection(('{ELSEWHERE}', 80), timeout=2)"
OUR_MESSAGE = "The network is blocked here"


def test_a_connection_to_another_machine_is_refused_with_our_message() -> None:
    with pytest.raises(network_block.NetworkBlockedError, match=OUR_MESSAGE):
        socket.create_connection((ELSEWHERE, 80), timeout=2)


@pytest.mark.parametrize("connect", ["connect", "connect_ex"])
def test_no_method_of_a_socket_gets_around_the_block(connect: str) -> None:
    with (
        socket.socket() as ours,
        pytest.raises(network_block.NetworkBlockedError, match=re.escape(ELSEWHERE)),
    ):
        getattr(ours, connect)((ELSEWHERE, 80))


def test_a_datagram_to_another_machine_is_refused() -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as ours,
        pytest.raises(network_block.NetworkBlockedError),
    ):
        ours.sendto(b"hello", (ELSEWHERE, 53))


@pytest.mark.parametrize("look_up", [socket.gethostbyname, lambda n: socket.getaddrinfo(n, 80)])
def test_the_name_of_another_machine_is_not_looked_up(look_up) -> None:
    with pytest.raises(network_block.NetworkBlockedError, match=re.escape("example.org")):
        look_up("example.org")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_connection_within_this_machine_works(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answered = threading.Thread(target=lambda: server.accept()[0].close())
        answered.start()
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()
        answered.join()


@pytest.mark.integration
def test_a_process_started_by_a_test_is_blocked_too() -> None:
    run = subprocess.run([sys.executable, "-c", CONNECT], capture_output=True, text=True)
    assert run.returncode != 0
    assert OUR_MESSAGE in run.stderr


@pytest.mark.integration
def test_without_the_variable_the_block_is_not_there() -> None:
    """Or the tests above would prove nothing about the variable."""
    code = "import sys; print('network_block' in sys.modules)"
    environment = {**os.environ, "COURSE_NO_NETWORK": "0"}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert run.stdout.strip() == "False", run.stderr


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")
def test_a_notebook_kernel_is_blocked_too(tmp_path: Path) -> None:
    source = f"try:\n    {CONNECT}\nexcept OSError as error:\n    print(error)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id="connect")])
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute(cwd=str(tmp_path))
    assert OUR_MESSAGE in notebook.cells[0].outputs[0].text
