"""The page's section about CloudTrail: its figures are what queries answer, it follows bucket and time, and a lake without says so."""

import contextlib
import json
import pathlib
import tempfile
import unittest

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from .browser import Browser
from .case import PageCase
from .project import ADDRESS, CALLER, CODE, EVENTS, Project, event, line

# The tables of the section, by caption.
TABLES = ("Buckets that events name", "Calls", "Callers", "Error codes", "Calling addresses", "Regions")


def number(text):
    return int(text.replace(",", ""))


class TrailsTest(PageCase):
    def calls(self, *arguments):
        return self.project.rows("ct-top-events", "--param", "limit=1000", *arguments)

    def trend(self):
        """What is below the chart: time, events, errors, changes; a row a step."""
        details = self.panel("events", "Events").find_element(By.CSS_SELECTOR, ".figures")
        if details.get_attribute("open") is None:
            self.open(details)
        self.browser.js("arguments[0].querySelector('.more:not([hidden])')?.click()", details)
        return self.table("Events by")

    def test_figures_are_those_of_the_queries(self):
        top = self.calls()
        shown = {row[0]: (number(row[1]), number(row[2])) for row in self.table("Calls")}
        named = {f"{row['eventname']} ({row['eventsource']})": (row["calls"], row["errors"]) for row in top}
        self.assertGreater(len(shown), 5)
        for call, figures in shown.items():
            self.assertEqual(figures, named[call], call)
        whole = (sum(row["calls"] for row in top), sum(row["errors"] for row in top))
        for caption in TABLES:
            if caption != "Error codes":
                self.assertEqual(tuple(number(cell) for cell in self.sums(caption)[1:3]), whole, caption)
        callers = {row["principal"]: row["calls"] for row in self.project.rows("ct-top-principals", "--param", "limit=1000")}
        for row in self.table("Callers"):
            self.assertEqual(number(row[1]), callers[row[0]], row[0])
        errors = [row for row in self.project.rows("ct-top-errors", "--param", "limit=1000") if row["errorcode"]]
        self.assertEqual(number(self.sums("Error codes")[1]), sum(row["calls"] for row in errors))
        days = {row["day"][:10]: (row["calls"], row["errors"]) for row in self.project.rows("ct-daily-trend")}
        by_day = {}
        for row in self.trend():
            before = by_day.get(row[0][:10], (0, 0))
            by_day[row[0][:10]] = (before[0] + number(row[1]), before[1] + number(row[2]))
        self.assertEqual(by_day, {day: figures for day, figures in days.items() if day in by_day})
        self.assertEqual(sum(figures[0] for figures in by_day.values()), whole[0])

    def test_a_bucket_and_a_time_change_its_figures(self):
        everything = self.sums("Calls")[1:]
        self.choose("hostile")
        self.assertEqual([row[1:] for row in self.table("Callers")], [["4", "1", "1"]])
        self.assertEqual(sorted((row[0].split()[0], row[1]) for row in self.table("Calls")), [("GetObject", "3"), ("PutObject", "1")])
        self.assertEqual([row[1:] for row in self.trend() if row[1] != "0"], [["4", "1", "1"]])
        bucket = next(row[0] for row in self.table("Regions"))
        self.assertEqual(bucket, "us-west-1")
        other = self.browser.js("return document.querySelector('#scope').options[1].textContent")
        self.choose(other)
        self.assertEqual(number(self.sums("Calls")[1]), sum(row["calls"] for row in self.calls("--bucket", other)))
        self.choose("All buckets")
        self.assertEqual(self.sums("Calls")[1:], everything)
        # The chart zooms in with the others; the tables beside it are of the whole range, and say so.
        whole = sum(number(row[1]) for row in self.trend())
        chart = self.browser.driver.find_element(By.CSS_SELECTOR, "#events .u-over")
        self.browser.js("arguments[0].scrollIntoView({block: 'center'})", chart)
        width = chart.size["width"]
        ActionChains(self.browser.driver).move_to_element_with_offset(chart, -width // 4, 0).click_and_hold().move_by_offset(width // 4, 0).release().perform()
        start, end = self.find("#zoom").text.split(" to ")
        stamp = lambda text: (text if " " in text else text + " 00:00").replace(" ", "T") + ":00Z"
        zoomed = sum(number(row[1]) for row in self.trend())
        self.assertEqual(zoomed, sum(row["calls"] for row in self.calls("--from", stamp(start), "--to", stamp(end))))
        self.assertLess(zoomed, whole)
        self.assertEqual(self.sums("Calls")[1:], everything)

    def test_its_chart_is_drawn_and_each_part_has_its_statement(self):
        self.assertEqual(len(self.browser.driver.find_elements(By.CSS_SELECTOR, "#events .chart canvas")), 1)
        label = self.find("#events .chart").get_attribute("aria-label")
        self.assertIn("Events over time", label)
        panels = self.browser.driver.find_elements(By.CSS_SELECTOR, "#events .panel")
        self.assertEqual(len(panels), 1 + len(TABLES))
        for panel in panels:
            self.assertTrue(panel.find_elements(By.CSS_SELECTOR, "table, .figures"), panel.text)
            self.assertTrue(panel.find_elements(By.CSS_SELECTOR, ".sql"), panel.text)
        details = self.open(self.panel("events", "Events").find_element(By.CSS_SELECTOR, ".sql"))
        rows = self.project.rows("--sql", details.find_element(By.CSS_SELECTOR, "pre").text)
        regions = {row["value"]: row["calls"] for row in rows if row["dimension"] == "region" and row["bucket_name"] is None}
        self.assertEqual({row[0]: number(row[1]) for row in self.table("Regions")}, regions)
        button = details.find_element(By.CSS_SELECTOR, ".copy")
        self.browser.js("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        WebDriverWait(self.browser.driver, 5).until(lambda _: button.text.startswith("Copied"))

    def test_hostile_events_are_text(self):
        self.choose("hostile")
        self.assertEqual([row[0] for row in self.table("Callers")], [CALLER])
        self.assertEqual([row[0] for row in self.table("Error codes")], [CODE])
        self.assertEqual([row[0] for row in self.table("Calling addresses")], [ADDRESS])
        self.assertEqual(self.browser.js("return document.querySelectorAll('main script, main img, main b, main svg').length"), 0)
        # What the page does not show is not in its file either.
        text = self.project.page.read_text()
        self.assertNotIn("window.hit=8", text)
        self.assertNotIn("window.hit=9", text)
        held = self.project.rows("--sql", "SELECT key, errormessage, useragent FROM cloudtrail_events WHERE bucket_name = 'hostile' ORDER BY eventtime")
        self.assertEqual(len(held), len(EVENTS), "but the lake holds it")


class OneTableTest(unittest.TestCase):
    @contextlib.contextmanager
    def page_of(self, table, events=EVENTS):
        """A browser with the page of a lake that holds one table's records only."""
        with tempfile.TemporaryDirectory() as folder:
            project = Project.__new__(Project)
            project.folder = pathlib.Path(folder)
            if table == "logs":
                (project.folder / "logs").mkdir()
                (project.folder / "logs/2026-06-02-06-00-00-00000000HOSTILE0").write_text(line(1, "agent"))
            else:
                trail = project.folder / "trails/AWSLogs/111122223333/CloudTrail/us-west-1/2026/06/02"
                trail.mkdir(parents=True)
                (trail / "111122223333_CloudTrail_us-west-1_20260602T0610Z_HOSTILE0HOSTILE0.json").write_text(json.dumps({"Records": events}))
            project.run("init", "--defaults", "--target", "local", f"--{table}", table, "--name", "shop")
            project.run("deploy")
            project.run("run")
            project.run("report", "--output", "page.html")
            browser = Browser()
            try:
                browser.open((project.folder / "page.html").as_uri())
                yield browser
                self.assertEqual(browser.complaints(), [])
            finally:
                browser.close()

    def text_of(self, table):
        with self.page_of(table) as browser:
            tiles = browser.js("return document.querySelector('.tiles').textContent")
            of = lambda part: browser.js("return document.getElementById(arguments[0])?.textContent ?? null", part)
            return tiles, of("traffic"), of("events"), browser.js("return document.querySelectorAll('#events .chart').length")

    def test_a_lake_without_cloudtrail_says_so(self):
        tiles, traffic, events, charts = self.text_of("logs")
        self.assertIn("Requests1", tiles)
        self.assertIn("Requests", traffic)
        self.assertIn("no events of CloudTrail", events)
        self.assertEqual(charts, 0, "no empty chart")

    def test_a_lake_of_cloudtrail_alone_says_what_is_missing(self):
        tiles, traffic, events, charts = self.text_of("trails")
        self.assertIn("Events4", tiles)
        self.assertIn("no access logs", traffic)
        self.assertIn("Callers", events)
        self.assertEqual(charts, 1)

    def test_buckets_that_cloudtrail_alone_names_can_be_chosen(self):
        others = [event(5, requestParameters={"bucketName": "quiet"}), event(6, eventName="ListBuckets", requestParameters=None)]
        with self.page_of("trails", [*EVENTS, *others]) as browser:
            choices = browser.js("return [...document.querySelector('#scope').options].map((one) => one.textContent)")
            self.assertEqual(choices, ["All buckets", "hostile", "quiet"])
            shown = """
              const table = (caption) => [...document.querySelectorAll("table")].find((one) => one.caption.textContent.startsWith(caption));
              return ["Buckets", "Calls"].map((caption) => [...table(caption).tBodies[0].rows].map((row) => [...row.cells].slice(0, 2).map((cell) => cell.textContent)));
            """
            self.assertEqual(browser.js(shown)[0], [["hostile", "4"], ["quiet", "1"], ["(no bucket)", "1"]])
            browser.js("[...document.querySelectorAll('#events button')].find((one) => one.textContent === 'quiet').click()")
            self.assertEqual(browser.js("return document.querySelector('#scope').value"), "2")
            self.assertEqual(browser.js(shown), [[["quiet", "1"]], [["GetObject (s3.amazonaws.com)", "1"]]])
            self.assertEqual(browser.js("return document.querySelector('.tile .figure').textContent"), "1")


if __name__ == "__main__":
    unittest.main()
