"""Time on the page: each step is drawn where it is, none of a range is left out, and what is told is what is drawn."""

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .case import PageCase
from .project import data_of

HOUR = 3_600_000
DAY = 24 * HOUR
# The second of June 2026, 00:00 UTC.
MIDNIGHT = 1_780_358_400_000


def ranged(start, end, loud):
    """Makes data of a range with 7 requests, all in the hour of `loud`, a gap in its sixth and seventh hour, and 3 of each deletion on each day."""

    def change(data):
        data["from_ms"], data["to_ms"] = start, end
        data["pipeline"]["gaps"] = [[start + 5 * HOUR, start + 7 * HOUR, 2]]
        first, last = start // HOUR, -(-end // HOUR)
        for series in (data["access"]["series"], data["events"]["series"]):
            count = series["count"] = last - first
            series["start_ms"] = first * HOUR
            hours = [7 if first + at == loud // HOUR else 0 for at in range(count)]
            series["scopes"] = [[hours if metric == 0 else [-count] for metric in range(len(series["metrics"]))] for _ in data["scopes"]]
        first, last = start // DAY, -(-end // DAY)
        days = data["access"]["actions"]["series"]
        days["start_ms"], days["count"] = first * DAY, last - first
        days["scopes"] = [[[3] * (last - first) for _ in days["metrics"]] for _ in data["scopes"]]

    return change


class TimeTest(PageCase):
    def shown(self, *arguments):
        page = self.project.altered("time.html", ranged(*arguments))
        self.pages.add(page)
        self.browser.open(page.as_uri())

    def chart(self, section):
        over = self.find(f"#{section} .u-over")
        self.browser.js("arguments[0].scrollIntoView({block: 'center'})", over)
        return over

    def painted(self, section, place):
        """How much of a column of a section's first chart is painted; its place as a part of the width."""
        script = """
          const canvas = document.querySelector("#" + arguments[0] + " .chart canvas");
          const [over, whole] = [document.querySelector("#" + arguments[0] + " .u-over").getBoundingClientRect(), canvas.getBoundingClientRect()];
          // A copy that is made to be read: the browser warns of reading what is drawn by the graphics card.
          const copy = document.createElement("canvas");
          [copy.width, copy.height] = [canvas.width, canvas.height];
          const context = copy.getContext("2d", { willReadFrequently: true });
          context.drawImage(canvas, 0, 0);
          const pixels = context.getImageData(over.left - whole.left + over.width * arguments[1], over.top - whole.top, 1, over.height).data;
          return pixels.filter((byte, at) => at % 4 === 3 && byte > 0).length / over.height;
        """
        return self.browser.js(script, section, place)

    def told(self, section, place):
        """What is told where a pointer stands."""
        over = self.chart(section)
        ActionChains(self.browser.driver).move_to_element_with_offset(over, round(over.size["width"] * (place - 0.5)), 0).perform()
        return self.find(f"#{section} .chart .tip").text

    def drag(self, section, start, end):
        over = self.chart(section)
        width = over.size["width"]
        at = lambda place: round(width * (place - 0.5))
        ActionChains(self.browser.driver).move_to_element_with_offset(over, at(start), 0).click_and_hold().move_by_offset(at(end) - at(start), 0).release().perform()

    def open_tables(self):
        self.browser.js("document.querySelectorAll('.panel > .figures').forEach((box) => { box.open = true; })")
        self.browser.driver.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[arguments.length - 1]))")

    def test_a_step_is_drawn_where_it_is(self):
        start = MIDNIGHT + 2 * HOUR
        # By hour; by day, where the first one begins before the range does.
        for end, steps, peak, when in ((start + 48 * HOUR, 48, 20, "2026-06-02 22:00"), (start + 99 * DAY, 100, 20, "2026-06-22")):
            self.shown(start, end, start + 20 * (HOUR if steps == 48 else DAY))
            for place in (peak + 0.1, peak + 0.5, peak + 0.9):
                with self.subTest(when=when, place=place):
                    self.assertGreater(self.painted("traffic", place / steps), 0.8)
                    self.assertIn(f"{when} UTC\nRequests 7\n", self.told("traffic", place / steps))
            for place in (peak - 0.9, peak - 0.3, peak + 1.3, peak + 1.9):
                with self.subTest(when=when, place=place):
                    self.assertLess(self.painted("traffic", place / steps), 0.5)
                    self.assertIn("Requests 0\n", self.told("traffic", place / steps))
            self.drag("traffic", (peak + 0.2) / steps, (peak + 0.8) / steps)
            self.assertEqual((self.figure("Requests"), self.find("#zoom").text[:16]), ("7", when))

    def test_gaps_are_shaded_where_they_are(self):
        self.shown(MIDNIGHT, MIDNIGHT + 48 * HOUR, MIDNIGHT)
        for place, shaded in ((4.8, False), (5.2, True), (6.8, True), (7.2, False)):
            self.assertEqual(self.painted("traffic", place / 48) > 0.8, shaded, place)
        self.assertIn(f"Shaded: hours without {data_of(self.project.page)['pipeline']['gaps_of']}.", self.find("#traffic .section-head").text)

    def test_a_range_that_ends_within_an_hour_keeps_that_hour_and_its_day(self):
        end = MIDNIGHT + 9 * HOUR + 20 * 60_000
        self.shown(MIDNIGHT - DAY + 23 * HOUR, end, end)
        self.assertEqual(self.figure("Requests"), "7")
        self.open_tables()
        self.assertEqual(self.table("Requests by hour")[-1][:2], ["2026-06-02 09:00", "7"])
        self.assertEqual([row[:2] for row in self.table("Objects deleted or moved by day")], [["2026-06-01", "3"], ["2026-06-02", "3"]])
        chart = self.find("#traffic .chart")
        self.browser.js("arguments[0].focus()", chart)
        ActionChains(self.browser.driver).send_keys(*[Keys.PAGE_DOWN] * 2).pause(0.2).perform()
        self.assertIn("2026-06-02 09:00 UTC, Requests 7", self.find("#told").get_attribute("textContent"))

    def test_days_of_which_a_part_is_shown_have_a_bar(self):
        self.shown(MIDNIGHT - DAY + 23 * HOUR, MIDNIGHT + 2 * DAY + 2 * HOUR, MIDNIGHT)
        for at, day in enumerate(("2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04")):
            self.assertGreater(self.painted("deletions", (at + 0.5) / 4), 0.8, day)
            for place in (0.1, 0.9):
                self.assertIn(f"{day} UTC", self.told("deletions", (at + place) / 4))

    def test_what_is_told_is_not_cut_off(self):
        self.shown(MIDNIGHT, MIDNIGHT + 3 * DAY, MIDNIGHT)
        cut = """
          const tip = document.querySelector("#deletions .chart .tip");
          const bottom = tip.getBoundingClientRect().bottom;
          for (let box = tip.parentElement; box; box = box.parentElement) if (!["visible", "clip"].includes(getComputedStyle(box).overflowY) && box.getBoundingClientRect().bottom < bottom) return box.className;
          return getComputedStyle(tip.closest(".chart")).overflowY === "visible" ? null : "chart";
        """
        for width in (1280, 390):
            self.browser.size(width, 900)
            self.assertIn("2026-06-03 UTC", self.told("deletions", 0.5))
            self.assertIsNone(self.browser.js(cut), width)

    def test_a_time_within_two_days_is_of_both_in_a_table_of_days(self):
        self.shown(MIDNIGHT - DAY, MIDNIGHT + DAY, MIDNIGHT)
        self.drag("traffic", 18.1 / 48, 29.9 / 48)
        self.assertEqual(self.find("#zoom").text, "2026-06-01 18:00 to 2026-06-02 06:00")
        self.open_tables()
        self.assertEqual([row[0] for row in self.table("Objects deleted or moved by day")], ["2026-06-01", "2026-06-02"])

    def test_what_was_dragged_over_is_shown_in_steps_of_that_chart(self):
        self.shown(MIDNIGHT - DAY, MIDNIGHT + 3 * DAY, MIDNIGHT)
        self.drag("deletions", 1.2 / 4, 1.8 / 4)
        self.assertEqual(self.find("#zoom").text, "2026-06-02")

    def test_a_table_of_hours_goes_back_to_time(self):
        self.shown(MIDNIGHT, MIDNIGHT + 30 * HOUR, MIDNIGHT + 12 * HOUR)
        self.open_tables()
        sort = "[...[...document.querySelectorAll('table')].find((one) => one.caption.textContent.startsWith('Requests by')).tHead.querySelectorAll('button')].find((one) => one.textContent === arguments[0]).click()"
        first = lambda: self.table("Requests by hour")[0][0]
        self.assertEqual(first(), "2026-06-02 00:00")
        self.browser.js(sort, "Requests")
        self.assertEqual(first(), "2026-06-02 12:00")
        self.browser.js(sort, "Hour, UTC")
        self.assertEqual(first(), "2026-06-02 00:00")
        self.browser.js(sort, "Hour, UTC")
        self.assertEqual(first(), "2026-06-03 05:00")

    def test_keys_leave_the_cursor_on_its_time_and_take_it_away(self):
        self.shown(MIDNIGHT, MIDNIGHT + 48 * HOUR, MIDNIGHT + 12 * HOUR)
        tip = lambda: self.find("#traffic .chart .tip").text
        keys = lambda *pressed: ActionChains(self.browser.driver).send_keys(*pressed).pause(0.2).perform()
        focus = lambda: self.browser.js("document.querySelector('#traffic .chart').focus()")
        focus()
        keys(*[Keys.ARROW_RIGHT] * 13)
        for key in ("+", "+", "-"):
            self.assertIn("2026-06-02 12:00 UTC\nRequests 7", tip())
            keys(key)
        self.assertIn("2026-06-02 12:00 UTC\nRequests 7", tip())
        keys(Keys.ESCAPE)
        self.assertEqual((tip(), self.find("#zoom").text), ("", "all of it"))
        keys(Keys.ARROW_RIGHT)
        self.assertNotEqual(tip(), "")
        keys(Keys.TAB)
        self.assertEqual(tip(), "")

    def test_buttons_zoom_around_what_a_finger_has_touched(self):
        self.browser.size(390, 900)
        self.shown(MIDNIGHT, MIDNIGHT + 48 * HOUR, MIDNIGHT + 12 * HOUR)
        for button in ("zoom-in", "zoom-out", "reset"):
            size = self.find(f"#{button}").size
            self.assertGreaterEqual(min(size["width"], size["height"]), 40, button)
        self.assertEqual([self.find(f"#{button}").is_enabled() for button in ("zoom-in", "zoom-out", "reset")], [True, False, False])
        over = self.chart("traffic")
        place = self.browser.js("const box = arguments[0].getBoundingClientRect(); return [box.left + box.width * 12.5 / 48, box.top + box.height / 2]", over)
        self.browser.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": place[0], "y": place[1]}]})
        self.browser.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        press = lambda button: self.browser.js("document.getElementById(arguments[0]).click()", button)
        for _ in range(8):
            press("zoom-in")
        self.assertEqual(self.find("#zoom").text, "2026-06-02 12:00 to 2026-06-02 13:00")
        self.assertEqual(self.figure("Requests"), "7")
        self.assertFalse(self.find("#zoom-in").is_enabled())
        press("zoom-out")
        self.assertNotEqual(self.find("#zoom").text, "all of it")
        press("reset")
        self.assertEqual(self.find("#zoom").text, "all of it")
        self.assertEqual(self.browser.driver.find_elements(By.CSS_SELECTOR, "#zoom-in:disabled"), [])
