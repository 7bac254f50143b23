"""Write what walnet is made of and what is installed with it, as bills of materials.

``dist/walnet-VERSION.cdx.json`` lists what Python installs, from a fresh environment
with the versions of constraints.txt; ``dist/walnet-VERSION-page.cdx.json`` what the
playground's page is built of. Both are CycloneDX, which scanners read.

``python tools/make_sbom.py [EXTRA …]``, such as "excel onnx"
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

from build_page import node_command

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "pyproject.toml"


def python_bill(target: Path, wanted: list[str]) -> None:
    """List what is installed for some requirements."""
    with tempfile.TemporaryDirectory() as folder:
        # Without pip, which is no part of what walnet needs.
        venv.create(folder, with_pip=False)
        scripts = "Scripts" if sys.platform == "win32" else "bin"
        python = str(Path(folder) / scripts / "python")
        install = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "install",
            "--quiet",
        ]
        constraints = ["--constraint", str(ROOT / "constraints.txt")]
        subprocess.run([*install, *constraints, *wanted], check=True)
        bill = [sys.executable, "-m", "cyclonedx_py", "environment", python]
        about = ["--pyproject", str(PROJECT), "--mc-type", "library"]
        form = ["--short-PURLs", "--output-reproducible", "--output-file", str(target)]
        subprocess.run([*bill, *about, *form], check=True)


def page_bill(target: Path) -> None:
    """List what the page's lock file names."""
    npm, environment = node_command("npm")
    command = [*npm, "sbom", "--sbom-format", "cyclonedx", "--package-lock-only"]
    done = subprocess.run(
        command,
        cwd=ROOT / "frontend",
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    target.write_bytes(done.stdout)


def main(extras: list[str]) -> None:
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(each for e in extras for each in optional[e])]
    dist = ROOT / "dist"
    dist.mkdir(exist_ok=True)
    bills = [
        dist / f"walnet-{project['version']}{end}.cdx.json" for end in ("", "-page")
    ]
    python_bill(bills[0], wanted)
    page_bill(bills[1])
    print(*(bill.relative_to(ROOT) for bill in bills), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
