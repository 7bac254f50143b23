"""Measure the playground as a person has it: a real server, a real headless Chromium.

    python benchmarks/playground.py

TensorFlow Playground, on a machine of this kind: at most 60 epochs a second (one a
frame), 16.6 to 18.6 ms of CPU an epoch. Its default work is the same: 250 training
points, batches of 10, a 2-4-2-1 network.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from playing import CHROMIUM, Page, Server, start_server, stop_server, warm_up
from walnet.playground.frames import unpack

SECONDS = 5.0
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """Return the CPU time that processes and their children have used."""
    total = 0.0
    for process in processes:
        for each in [process, *process.children(recursive=True)]:
            times = each.cpu_times()
            total += times.user + times.system
    return total


def default_work(server: Server) -> dict[str, float]:
    """Train the default network at full speed in a browser; return what was seen."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        name, value = server.cookie.split("=", 1)
        cookie = {"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}
        context.add_cookies([cookie])
        page = context.new_page()
        began = time.perf_counter()
        page.goto(server.origin + "/")
        page.get_by_test_id("iteration").get_by_text("0", exact=True).wait_for()
        first = time.perf_counter() - began
        page.get_by_role("button", name="Play", exact=True).last.click()
        page.wait_for_timeout(2000)
        browser_process = next(
            each
            for each in psutil.Process().children(recursive=True)
            if "chrom" in each.name() and "--type" not in " ".join(each.cmdline())
        )
        processes = [browser_process, psutil.Process(server.process.pid)]
        seen = page.evaluate(COUNT, SECONDS * 1000)
        before, epoch = cpu_seconds(processes), seen["epoch"]
        later = page.evaluate(COUNT, SECONDS * 1000)
        used = cpu_seconds(processes) - before
        waits = interaction_to_paint(page)
        browser.close()
    epochs = later["epoch"] - epoch
    return {
        "first picture, s": first,
        "epochs a second": epochs / later["seconds"],
        "frames a second": later["frames"] / later["seconds"],
        "drawing a frame, ms (median)": later["draw"],
        "long tasks": later["long"],
        "CPU an epoch, ms": 1e3 * used / epochs,
        "interaction to next paint, ms (median of 10)": statistics.median(waits),
        "interaction to next paint, ms (worst of 10)": max(waits),
    }


# Counts frames on the screen's own beat, beside what the page draws.
COUNT = """
milliseconds => new Promise(resolve => {
  const epoch = () => Number(
    document.querySelector('[data-testid=epoch]').textContent.replaceAll(',', ''));
  const began = performance.now();
  const draws = [];
  let frames = 0, long = 0;
  const watch = new PerformanceObserver(list => { long += list.getEntries().length; });
  watch.observe({entryTypes: ['longtask']});
  const beat = now => {
    frames++;
    if (window.walnetDrawMs) draws.push(window.walnetDrawMs);
    if (now - began < milliseconds) { requestAnimationFrame(beat); return; }
    watch.disconnect();
    draws.sort((a, b) => a - b);
    resolve({epoch: epoch(), frames, long, seconds: (now - began) / 1000,
             draw: draws[Math.floor(draws.length / 2)] ?? NaN});
  };
  requestAnimationFrame(beat);
})
"""


def interaction_to_paint(page: Any, presses: int = 10) -> list[float]:
    """Press a switch while it trains; return the waits for the next paint."""
    waits = []
    page.evaluate(WATCH_EVENTS)
    for _ in range(presses):
        page.evaluate("window.walnetWaits = [0]")
        page.get_by_text("Log scale").first.click()
        page.wait_for_timeout(200)
        waits.append(float(page.evaluate("Math.max(...window.walnetWaits)")))
    return waits


def from_nothing(starts: int = 5) -> dict[str, float]:
    """Return how long it takes from the start of the server, kernels cached."""
    from playwright.sync_api import sync_playwright

    addresses, pictures = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        for _ in range(starts):
            began = time.perf_counter()
            server = start_server()
            addresses.append(time.perf_counter() - began)
            page = browser.new_page()
            page.goto(server.url)
            page.get_by_test_id("iteration").get_by_text("0", exact=True).wait_for()
            pictures.append(time.perf_counter() - began)
            page.close()
            stop_server(server)
        browser.close()
    return {
        "from the start to the address, s (median)": statistics.median(addresses),
        "from the start to the first picture, s (median)": statistics.median(pictures),
    }


# Events shorter than 16 ms are not reported: they count as 0.
WATCH_EVENTS = """
() => {
  window.walnetWaits = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries())
      if (entry.interactionId) window.walnetWaits.push(entry.duration);
  }).observe({type: 'event', durationThreshold: 16});
}
"""


def time_to_cost(server: Server, target: float = 0.01) -> dict[str, float]:
    """Return how long it takes to a training cost, from fixed seeds."""
    found = {}
    for source, neurons in (("circles", [8]), ("xor", [8]), ("spirals", [16, 16])):
        rate = 0.01 if source == "spirals" else 0.03
        state = {
            "data": {"source": source, "noise": 0.0},
            "network": {"layers": [{"neurons": count} for count in neurons]},
            "training": {"optimizer": "adam", "learning_rate": rate},
            "stop": {"cost": target},
        }
        with server.socket() as socket:
            page = Page(socket, state=state)
            page.frame()
            began = time.perf_counter()
            page.send(type="play")
            while not (run := page.hear("run", timeout=120))["stopped"]:
                pass
            found[f"{source}: to cost {target}, s"] = time.perf_counter() - began
            found[f"{source}: to cost {target}, iterations"] = run["run"]["iteration"]
    return found


def long_run(server: Server, epochs: int = 100_000) -> dict[str, float]:
    """Train the default work for long; return the speed at its start and at its end."""
    part = epochs // 5
    marks = [part, 2 * part, epochs - part, epochs]
    times = []
    with server.socket() as socket:
        page = Page(socket)
        page.send(type="play")
        for mark in marks:
            header, _ = page.frame(lambda h, mark=mark: h["epoch"] >= mark, 300)
            times.append((header["epoch"], time.perf_counter()))
    (a, t), (b, u), (c, v), (d, w) = times
    return {
        f"epochs a second, epochs {part:,} to {2 * part:,}": (b - a) / (u - t),
        f"epochs a second, the last {part:,} of {epochs:,}": (d - c) / (w - v),
    }


def frame_bytes(server: Server) -> int:
    """Return the size of a frame of the default work."""
    with server.socket() as socket:
        Page(socket)
        while True:
            got = socket.recv(timeout=60)
            if isinstance(got, bytes) and unpack(got)[0]["kind"] == 0:
                return len(got)


def many_pages(server: Server, pages: int = 20) -> dict[str, float]:
    """Train on many pages at once; return the frames a second of the slowest."""
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    counts = [0] * pages
    stop = threading.Event()

    def run(number: int) -> None:
        with server.socket() as socket:
            page = Page(socket)
            page.send(type="play")
            while not stop.is_set():
                page.frame()
                counts[number] += 1

    threads = [threading.Thread(target=run, args=(i,)) for i in range(pages)]
    for thread in threads:
        thread.start()
    time.sleep(3)
    start, began = list(counts), time.perf_counter()
    time.sleep(SECONDS)
    seconds = time.perf_counter() - began
    memory = process.memory_info().rss - before
    rates = [(b - a) / seconds for a, b in zip(start, counts, strict=True)]
    stop.set()
    for thread in threads:
        thread.join()
    return {
        f"{pages} pages: slowest, frames a second": min(rates),
        f"{pages} pages: median, frames a second": statistics.median(rates),
        f"{pages} pages: memory a page, MB": memory / pages / 1e6,
    }


def own_table(
    server: Server, rows: int = 100_000, columns: int = 20
) -> dict[str, float]:
    """Drop a large CSV; return how long it takes and how it trains."""
    random = np.random.default_rng(0)
    values = random.normal(size=(rows, columns))
    values[:, -1] = (values[:, 0] * values[:, 1] > 0).astype(float)
    text = io.StringIO()
    text.write(",".join(f"c{i}" for i in range(columns)) + "\n")
    np.savetxt(text, values, delimiter=",", fmt="%.5g")
    body = text.getvalue().encode()
    with server.socket() as socket:
        page = Page(socket)
        page.frame()
        own = server.own(
            **{
                "Content-Type": "application/octet-stream",
                "X-Walnet-Session": page.session,
                "X-Walnet-Name": "large.csv",
            }
        )
        began = time.perf_counter()
        status, _, answer = server.request("POST", "/upload", own, body)
        if status != 200:
            raise SystemExit(answer.decode())
        page.frame(lambda h: h["generation"] == 2)
        loaded = time.perf_counter() - began
        page.send(type="play")
        began, frames = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            page.frame()
            frames += 1
    return {
        "own table, 100,000 × 20: first frame, s": loaded,
        "own table: frames a second": frames / SECONDS,
    }


def main() -> None:
    """Print the figures, and as JSON with --json."""
    server = start_server()
    server.enter()
    try:
        warm_up(server)
        found: dict[str, Any] = {
            **default_work(server),
            "frame, bytes": frame_bytes(server),
            **time_to_cost(server),
            **long_run(server),
            **many_pages(server),
            **own_table(server),
            **from_nothing(),
        }
    finally:
        stop_server(server)
    if "--json" in sys.argv:
        print(json.dumps(found))
        return
    print("load of the machine:", *(f"{load:.1f}" for load in psutil.getloadavg()))
    for name, value in found.items():
        print(f"{name:48}{value:12,.3f}")


if __name__ == "__main__":
    main()
