"""Print the exact versions installed here of all that walnet and its tools need.

Only what pyproject.toml leads to is printed, so nothing else that lies in the
environment can slip in, and no line carries an address.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def declared() -> list[str]:
    """Return every requirement that pyproject.toml names."""
    data = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    project = data["project"]
    lists = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *data["dependency-groups"].values(),
    ]
    return [requirement for group in lists for requirement in group]


def needs(requirement: Requirement) -> list[Requirement]:
    """Return what an installed distribution asks for, on this machine."""
    extras = ["", *requirement.extras]
    found = map(Requirement, distribution(requirement.name).requires or [])
    return [
        need
        for need in found
        if need.marker is None
        or any(need.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def versions() -> dict[str, str]:
    """Return name and version of everything that the declared requirements reach."""
    todo = [Requirement(text) for text in declared()]
    seen: set[str] = set()
    found: dict[str, str] = {}
    while todo:
        requirement = todo.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        try:
            todo += needs(requirement)
            version = distribution(requirement.name).version
        except PackageNotFoundError:
            continue  # a requirement of another system
        found[canonicalize_name(requirement.name)] = version.partition("+")[0]
    return found


if __name__ == "__main__":
    for name, version in sorted(versions().items()):
        print(f"{name}=={version}")
