"""Write the golden bits: ``python tools/golden_bits.py``.

They are what trainings of every kind give, as hashes; tests compare each machine with
them. Only a change of the arithmetic itself may change them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from golden import WORKS, bits_of  # noqa: E402

FILE = ROOT / "tests" / "support" / "golden_bits.json"

if __name__ == "__main__":
    bits = {
        dtype: {name: bits_of(name, dtype) for name in WORKS}
        for dtype in ("float32", "float64")
    }
    FILE.write_text(json.dumps(bits, indent=2) + "\n", encoding="utf-8")
    print(f"{sum(map(len, bits.values()))} hashes: {FILE.relative_to(ROOT)}")
