"""Make the wheels of all systems on this machine, into the folder `dist`.

The kernels are translated once, compiled for each system and linked by ziglang. A
library that fits its sources is kept in `build/kernels` and not made again.

``python tools/make_wheels.py [SYSTEM …]``, such as "linux aarch64"
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import build_kernels

ROOT = Path(__file__).parents[1]


def main(systems: list[str]) -> None:
    wanted = systems or list(build_kernels.ZIG)
    build_kernels.main([*wanted, build_kernels.WASM])
    for where in wanted:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
        environment = os.environ | {"WALNET_SYSTEM": where}
        subprocess.run(command, cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
