"""Draw the house: files, code lines, rooms, floors, arrows between them, and circles.

``python tools/structure.py [PACKAGE]`` reads every import statement of the package
(default: ``src/walnet``), those inside functions and under ``TYPE_CHECKING`` too. A
room is a folder, or a single file that lies in the hall; a room stands on the floor
above all rooms that it imports. The package's own ``__init__`` and ``__main__``, its
front doors, are no part of the drawing. It fails if there is a circle.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from size_budget import code_lines

Graph = dict[str, set[str]]


def module_name(path: Path, package: Path) -> str:
    """Return a module's name: ``engine.kernels`` of the file ``__init__`` in it."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the names that an import statement asks for."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def import_graph(package: Path) -> Graph:
    """Return which modules of a package each of its modules imports."""
    paths = {module_name(path, package): path for path in package.rglob("*.py")}
    graph: Graph = {name: set() for name in paths if name not in {"", "__main__"}}
    for name in graph:
        tree = ast.parse(paths[name].read_text("utf-8"))
        asked = {found for node in ast.walk(tree) for found in imported(node)}
        prefix = f"{package.name}."
        own = {
            found.removeprefix(prefix) for found in asked if found.startswith(prefix)
        }
        # What is no module is a name inside one.
        modules = {each if each in graph else each.rpartition(".")[0] for each in own}
        graph[name] = modules & graph.keys() - {name}
    return graph


def room_of(module: str) -> str:
    """Return the room that a module is in."""
    return module.partition(".")[0]


def merge(graph: Graph) -> Graph:
    """Return the graph of rooms: an arrow wherever a module's arrow leaves its room."""
    rooms: Graph = {}
    for name, targets in graph.items():
        room = room_of(name)
        rooms.setdefault(room, set()).update({room_of(t) for t in targets} - {room})
    return rooms


def reachable(graph: Graph, start: str) -> set[str]:
    """Return all that arrows lead to from a start."""
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph[name]
    return found


def circles(graph: Graph) -> list[list[str]]:
    """Return the groups whose members all lead to one another."""
    ahead = {name: reachable(graph, name) for name in graph}
    groups = {
        frozenset(other for other in ahead[name] if name in ahead[other])
        for name in graph
    }
    return sorted(sorted(group) for group in groups if group)


def floors(graph: Graph) -> list[str]:
    """Return the rooms of each floor of a house without circles, the top one first."""
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    rows: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        sorter.done(*ready)
        rows.insert(0, " · ".join(ready))
    return rows


def drawing(package: Path = Path("src/walnet")) -> list[str]:
    """Return the rooms of a package, floor by floor."""
    return floors(merge(import_graph(package)))


def arrows(graph: Graph) -> int:
    """Return how many arrows a graph has."""
    return sum(map(len, graph.values()))


def say_circles(what: str, graph: Graph) -> None:
    """Print the circles of a graph, with the arrows that make them."""
    found = circles(graph)
    print(f"circles between {what}: {len(found)}")
    for group in found:
        inside = {name: graph[name].intersection(group) for name in group}
        for name, targets in inside.items():
            print(f"  {name} -> {', '.join(sorted(targets))}")


def main(package: Path) -> int:
    """Print the drawing; return 1 if there is a circle."""
    paths = sorted(package.rglob("*.py"))
    sizes = {
        module_name(path, package): len(code_lines(path.read_text("utf-8")))
        for path in paths
    }
    modules = import_graph(package)
    rooms = merge(modules)
    loose = sum((package / f"{name}.py").exists() for name in rooms)
    print(f"files {len(paths)}, code lines {sum(sizes.values()):,}")
    print(f"rooms {len(rooms)}, {loose} of them single files; arrows {arrows(rooms)}")
    print(f"folders at any depth {len({p.parent for p in paths}) - 1}")
    print(f"arrows between modules {arrows(modules)}\n")
    for room in sorted(rooms):
        lines = [n for name, n in sizes.items() if room_of(name) == room]
        targets = ", ".join(sorted(rooms[room])) or "nothing"
        print(f"{room:14}{len(lines):4} files {sum(lines):6,} lines -> {targets}")
    print()
    if not circles(rooms):
        print("floors:", *floors(rooms), sep="\n  ", end="\n\n")
    say_circles("rooms", rooms)
    say_circles("modules", modules)
    return int(any(circles(graph) for graph in (rooms, modules)))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if sys.argv[1:] else "src/walnet")))
