"""Somebody who does the page's lessons, by mouse, by touch or by the keyboard."""

from __future__ import annotations

from visiting import Visit

MOUSE, TOUCH, KEYBOARD = "mouse", "touch", "keyboard"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


class Pupil:
    """A person with a lesson open."""

    def __init__(self, browser, server, way: str, lesson: str) -> None:
        options = PHONE if way == TOUCH else {}
        self.visit = Visit(browser, server, path=f"#lesson={lesson}", **options)
        self.page, self.way = self.visit.page, way
        self.page.locator(".task").wait_for()
        self.visit.settled()

    def close(self) -> None:
        """Leave; nothing may have gone wrong on the page."""
        self.visit.context.close()
        assert self.visit.wrong == []

    # Doing.

    def press(self, target) -> None:
        if self.way == MOUSE:
            target.click()
        elif self.way == TOUCH:
            target.tap()
        else:
            target.focus()
            target.press("Enter")
        self.visit.settled()

    def button(self, name: str) -> None:
        self.press(self.visit.button(name))

    def fill(self, label: str, value: float) -> None:
        """Type a number into the box of a slider."""
        box = self.page.get_by_role("spinbutton", name=label, exact=True)
        self._go_to(box)
        box.fill(str(value))
        box.press("Enter")
        self.visit.settled()

    def choose(self, label: str, option: str) -> None:
        self.select(self.page.get_by_label(label, exact=True), option)

    def select(self, box, option: str) -> None:
        box.select_option(label=option)
        self.visit.settled()

    def speed(self, epochs: int) -> None:
        """Choose how many epochs are trained a second; 0 is as fast as it goes."""
        self.page.get_by_label("Speed", exact=True).select_option(value=str(epochs))
        self.visit.settled()

    def answer(self, text: str) -> None:
        box = self.page.get_by_label("Your answer")
        self._go_to(box)
        box.fill(text)
        box.press("Enter")
        self.visit.settled()

    def pick(self, row: int) -> None:
        """Pick a row of the table, which on a phone is looked at first."""
        self.look_at("Table")
        self.button(f"Row {row}")

    def look_at(self, picture: str) -> None:
        """Show a picture: on a phone there is one at a time."""
        if self.way == TOUCH:
            self.page.get_by_label("Picture").get_by_text(picture, exact=True).tap()
            self.visit.settled()

    def play_until(self, test) -> None:
        """Play until the page's numbers pass a test, then pause."""
        self.start()
        self.visit.wait_until(test)
        self.button("Pause")

    def start(self) -> None:
        button = self.page.get_by_role("group", name="Training").get_by_role(
            "button", name="Play", exact=True
        )
        if self.way == TOUCH:
            button.tap()
        elif self.way == MOUSE:
            button.click()
        else:
            button.focus()
            button.press("Enter")

    def rewind(self, share: float) -> None:
        """Go back to a share of the way that training has come."""
        self.look_at("Cost curve")
        scrubber = self.page.get_by_label("Rewind")
        if self.way == KEYBOARD:
            scrubber.focus()
            scrubber.press("Home")
            for _ in range(round(share * int(scrubber.get_attribute("max")))):
                scrubber.press("ArrowRight")
        else:
            box = scrubber.bounding_box()
            place = {"x": box["width"] * share, "y": box["height"] / 2}
            tap = scrubber.click if self.way == MOUSE else scrubber.tap
            tap(position=place)
        self.visit.settled()

    def again(self) -> None:
        """Set the lesson up anew."""
        self.button("Start again")

    def _go_to(self, box) -> None:
        if self.way == MOUSE:
            box.click()
        elif self.way == TOUCH:
            box.tap()
        else:
            box.focus()

    # Seeing.

    @property
    def steps(self) -> int:
        """How many steps of the task are done."""
        return self.page.locator(".task li.past").count()

    @property
    def done(self) -> bool:
        return self.page.locator(".task.done").count() > 0

    def see_steps(self, count: int) -> None:
        self.page.locator(f".task li.past >> nth={count - 1}").wait_for(timeout=10_000)

    def see_it_done(self) -> None:
        self.page.locator(".task.done").wait_for(timeout=10_000)

    @property
    def right(self) -> int:
        return int(self.page.get_by_test_id("right").inner_text().split()[0])

    @property
    def iteration(self) -> float:
        return self.visit.number("iteration")
