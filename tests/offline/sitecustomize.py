"""Python imports this at every start where this folder is on PYTHONPATH: kernels, too."""

import os

if os.environ.get("COURSE_NO_NETWORK") == "1":
    import network_block

    network_block.install()
