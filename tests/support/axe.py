"""What axe-core finds on a page."""

from __future__ import annotations

from pathlib import Path

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

RUN = """async ([exclude, runOnly]) => {
    const options = { runOnly, resultTypes: ["violations"] };
    return (await axe.run({ exclude }, options)).violations;
}"""


def violations(page, rules=RULES, leave_out=()) -> list[str]:
    """Return what is wrong by some rules, or by all of some standards.

    What is left out is named by selectors. Only what is wrong is listed node by node:
    the list of all that is right would take longer than looking.
    """
    # Where the page was built, it is there: never pass because it is not.
    assert AXE.exists(), f"{AXE} is missing: run npm ci --ignore-scripts in frontend/"
    # evaluate() runs beside the page's content policy, as add_script_tag does not.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text() + "\n;0")
    found = page.evaluate(RUN, [list(leave_out), rules])
    return [
        f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for each in found
        for node in each["nodes"]
    ]
