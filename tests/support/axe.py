"""What axe-core finds on a page."""

from __future__ import annotations

from pathlib import Path

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Where each rule holds is not listed, which would take as long as to find where not.
RUN = """async rules => {
    const options = {runOnly: rules, resultTypes: ["violations"]};
    return (await axe.run(document, options)).violations;
}"""


def violations(page, rules=RULES) -> list[str]:
    """Return what is wrong by some rules, or by all of some standards."""
    # Where the page was built, it is there: never pass because it is not.
    assert AXE.exists(), f"{AXE} is missing: run npm ci --ignore-scripts in frontend/"
    # evaluate() runs beside the page's content policy, as add_script_tag does not.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text() + "\n;0")
    found = page.evaluate(RUN, rules)
    return [
        f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for each in found
        for node in each["nodes"]
    ]
