"""The site is built without a warning, and what it leads to is there."""

from __future__ import annotations

import re
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from site_pages import DOCS, MADE, read_page

pytestmark = pytest.mark.timeout(300)
SOURCES = [
    path.relative_to(DOCS).with_suffix("").as_posix()
    for path in sorted(DOCS.rglob("*.md"))
    if not {"_build", "_extensions"} & set(path.relative_to(DOCS).parts)
    and path.name != "README.md"
]
PLACES = re.compile(r"/(?:tmp|root|home)/|site-packages")
LOGO = "/walnet.svg"  # it stands beside its name
OUTSIDE = ("https:", "http:", "mailto:", "data:", "blob:", "javascript:")


def test_it_is_built_without_a_warning(site):
    assert not site.failed, site.words[-6000:]


def test_every_text_has_become_a_page_that_the_contents_lead_to(site):
    pages = set(site.pages())
    assert {f"{name}.html" for name in SOURCES} <= pages
    reached, todo = set(), ["index.html"]
    while todo:
        name = todo.pop()
        if name in reached or name not in pages:
            continue
        reached.add(name)
        links = read_page(site.folder / name).links
        todo += [urldefrag(urljoin(name, link))[0] for link in links]
    assert pages - reached - MADE == set()


def test_every_link_within_the_site_leads_to_something(site):
    wrong = [
        f"{name}: {link}: {trouble}"
        for name in site.pages()
        for link in read_page(site.folder / name).links
        if not link.startswith(OUTSIDE)
        and (trouble := trouble_of(site, urljoin(name, unquote(link))))
    ]
    assert wrong == []


def trouble_of(site, address: str) -> str:
    """Return what is wrong with an address below the site's top; else nothing."""
    target, anchor = urldefrag(re.sub(r"\?[^#]*", "", address))
    path = site.folder / target
    if not path.is_file():
        return "no such file"
    if not anchor or path.suffix != ".html" or target.startswith("_static"):
        return ""
    return "" if anchor in read_page(path).anchors else "no such place on it"


def test_no_page_loads_anything_from_elsewhere(site):
    loads = re.compile(r'<(?:script|img|iframe|link)[^>]+(?:src|href)="(https?:[^"]+)"')
    found = {
        (name, address)
        for name in site.pages()
        for address in loads.findall((site.folder / name).read_text("utf-8"))
    }
    assert found == set()


def test_no_page_tells_of_the_machine_that_built_it(site):
    wrong = {}
    for name in site.pages():
        text = " ".join(read_page(site.folder / name).texts)
        if found := PLACES.search(text):
            wrong[name] = text[max(0, found.start() - 60) : found.end() + 60]
    assert wrong == {}


def test_every_picture_has_words_for_those_who_cannot_see_it(site):
    wrong = [
        (name, picture.get("src"))
        for name in site.pages()
        for picture in read_page(site.folder / name).pictures
        if not (picture.get("src") or "").endswith(LOGO)
        if re.search(r"^\s*$|[0-9a-f]{20,}|\.png$", picture.get("alt") or "")
    ]
    assert wrong == []


def test_the_version_is_shown(site):
    from importlib.metadata import version

    text = " ".join(read_page(site.folder / "index.html").texts)
    assert f"walnet {version('walnet')}" in text
