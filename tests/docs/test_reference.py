"""Every public name, command and setting has its place, made of what the code says."""

from __future__ import annotations

import inspect
import re

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate
from site_pages import DOCS, read_page

import walnet

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("extensions")]
# What numpydoc finds and a reader would miss: a summary, each parameter with its type,
# what is returned.
WANTED = {
    *("GL03", "GL05", "GL06", "GL07", "GL08", "GL09", "SS01", "SS02", "SS04", "SS05"),
    *("PR01", "PR02", "PR03", "PR04", "PR05", "PR07", "PR10", "RT01", "YD01"),
}


def described():
    """Yield every name that the reference describes."""
    from walnet_docs.reference import found, members, public_names

    for name in public_names():
        yield name
        if inspect.isclass(found(name)):
            yield from (f"{name}.{member}" for member in members(found(name)))


def test_every_public_name_has_a_page_and_stands_in_the_overview(site):
    from walnet_docs.reference import page_name, public_names

    overview = (DOCS / "reference" / "python.md").read_text("utf-8")
    listed = set(re.findall(r"^   ([\w.]+)$", overview, re.MULTILINE))
    names = public_names()
    assert {f"walnet.{name}" for name in listed} == set(names)
    for name in names:
        page = site.folder / "reference" / "generated" / f"{page_name(name)}.html"
        assert name in read_page(page).anchors


def test_nothing_public_is_left_out():
    from walnet_docs.reference import public_names

    names = {name.removeprefix("walnet.") for name in public_names()}
    modules = {
        name for name in walnet.__all__ if inspect.ismodule(getattr(walnet, name))
    }
    assert modules == {"datasets", "plots"}
    assert set(walnet.__all__) - modules <= names
    assert {f"plots.{name}" for name in walnet.plots.__all__} <= names
    assert {f"datasets.{name}" for name in walnet.datasets.NAMES} <= names


def test_every_docstring_is_whole():
    wrong = []
    for name in described():
        errors = [each for each in validate(name)["errors"] if each[0] in WANTED]
        if any(code == "PR01" for code, _ in errors) and fields_told(name):
            errors = [each for each in errors if each[0] != "PR01"]
        wrong += [f"{name}: {code} {words}" for code, words in errors]
    assert wrong == []


def fields_told(name: str) -> bool:
    """Tell whether a result's docstring has all its fields: nobody else makes one."""
    from walnet_docs.reference import found

    fields = getattr(found(name), "__dataclass_fields__", {})
    attributes = get_doc_object(found(name))["Attributes"]
    told = {each for line in attributes for each in line.name.split(", ")}
    return bool(fields) and set(fields) <= told


def test_every_command_with_every_option_is_there(site):
    import typer

    from walnet.cli.app import app

    page = read_page(site.folder / "reference" / "command-line.html")
    text = " ".join(" ".join(page.texts).split())
    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        assert f"walnet-{name}" in page.anchors
        for option in command.params:
            assert all(word in text for word in option.opts), (name, option.opts)


def test_every_setting_and_name_is_there(site):
    from walnet.engine.kernels.activations import ACTIVATIONS
    from walnet.engine.kernels.costs import COSTS
    from walnet.engine.kernels.optimizers import OPTIMIZERS
    from walnet.engine.settings import TABLE

    settings = read_page(site.folder / "reference" / "settings.html").texts
    assert set(TABLE) <= set(settings)
    names = read_page(site.folder / "reference" / "names.html").texts
    assert {*ACTIVATIONS, *COSTS, *OPTIMIZERS} <= set(names)
