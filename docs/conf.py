"""How the documentation is built: ``make docs``, or one page by tools/build_docs.py."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "_extensions"))

project = "walnet"
author = "the authors of walnet"
project_copyright = f"{author}, under the MIT licence"
version = release = version_of("walnet")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "sphinx_design",
    "sphinx_copybutton",
    "walnet_docs",
]
exclude_patterns = ["_build", "README.md"]
source_suffix = {".md": "myst-nb", ".rst": "restructuredtext"}
default_role = "py:obj"  # in docstrings, single backticks name things of walnet
show_warning_types = True

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "attrs_inline"]
myst_heading_anchors = 3
nb_eval_name_regex = ".*"
nb_execution_mode = "inline"
nb_merge_streams = True
html_math_renderer = "mathml"

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's docstrings name them
numpydoc_show_class_members = False
copybutton_prompt_text = "$ "
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "pydata_sphinx_theme"
html_title = "walnet"
html_static_path = ["_static"]
html_css_files = ["walnet.css"]
html_logo = "../src/walnet/playground/static/walnet.svg"
html_favicon = html_logo
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": f"walnet {version}"},
    "navbar_end": ["theme-switcher"],
    # The field names itself otherwise than it is labelled: a button does not.
    "navbar_persistent": ["search-button"],
    "navbar_align": "left",
    "collapse_navigation": True,  # the reference has a hundred pages
    "header_links_before_dropdown": 5,
    "secondary_sidebar_items": {
        f"{folder}/**": ["page-toc"]
        for folder in ("benchmarks", "explanation", "guides", "reference", "teachers")
    },
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
    "use_edit_page_button": False,
    "navigation_with_keys": False,
}
html_context = {"default_mode": "auto"}
html_sidebars = {"index": []}
