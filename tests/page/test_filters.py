"""What bucket and time act on: all charts and tables of a bucket are those of a page of that bucket alone; what a zoom leaves says so."""

from selenium.webdriver.common.by import By

from .case import PageCase

# Tables by the beginning of their captions, and where they stand.
TABLES = {
    "traffic": ["Requests by", "Errors by", "Bytes by"],
    "breakdowns": ["Buckets", "Operations", "Requesters", "Key prefixes", "Status classes", "Errors,", "Addresses", "User agents", "TLS versions", "Signature versions"],
    "latency": ["Latency percentiles"],
    "deletions": ["Objects deleted or moved by", "Deletions and lifecycle actions"],
    "costs": ["Estimated charges"],
    "events": ["Events by", "Buckets that events name", "Calls", "Callers", "Error codes", "Calling addresses", "Regions"],
}
# What does not follow a zoom, and says so.
WHOLE = ["findings", "breakdowns", "latency", "deletions", "costs", "events"]


class FilterTest(PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bucket = "shop-media-prod"
        cls.alone = cls.project.folder / "alone.html"
        cls.project.run("report", "--bucket", cls.bucket, "--output", "alone.html")
        cls.pages = {cls.project.page, cls.alone}

    def opened(self, page):
        """Opens a page with the tables under its charts."""
        self.browser.open(page.as_uri())
        self.browser.js("document.querySelectorAll('.panel > .figures').forEach((box) => { box.open = true; })")
        self.browser.driver.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[arguments.length - 1]))")

    def tables(self):
        """Of each section its tables, by caption without the name of the bucket: head, rows and sums as texts."""
        script = """
          const texts = (rows) => [...rows].map((row) => [...row.cells].map((cell) => cell.textContent));
          const out = {};
          for (const section of arguments[0]) {
            document.querySelectorAll("#" + section + " .more:not([hidden])").forEach((more) => more.textContent.includes("fewer") || more.click());
            out[section] = [...document.querySelectorAll("#" + section + " table")].map((table) =>
              [table.caption.textContent, texts(table.tHead.rows), texts(table.tBodies[0].rows), texts(table.tFoot.rows)]);
          }
          return out;
        """
        return self.browser.js(script, list(TABLES))

    def filled(self, table):
        """The columns of a table that have a sum."""
        columns = [at for at, sum in enumerate(table[3][0]) if sum != "0"]
        return [[[row[at] for at in columns] for row in rows] for rows in table[1:]]

    def drawn(self):
        """What each chart over time looks like."""
        return self.browser.js("return [...document.querySelectorAll('.chart canvas')].map((canvas) => canvas.toDataURL())")

    def ranges(self):
        return self.browser.js("return [...document.querySelectorAll('.ranges')].map((chart) => [...chart.querySelectorAll('.whose')].map((one) => one.textContent))")

    def test_every_chart_has_a_table(self):
        self.opened(self.project.page)
        for section, tables in self.tables().items():
            for caption in TABLES[section]:
                self.assertEqual(len([table for table in tables if table[0].startswith(caption)]), 1, caption)
            self.assertEqual(len(tables), len(TABLES[section]), section)
        self.assertEqual(len(self.ranges()), 2)

    def test_a_bucket_acts_on_every_chart_and_table(self):
        self.opened(self.alone)
        alone, drawn, ranges = self.tables(), self.drawn(), self.ranges()
        tiles = self.browser.js("return [...document.querySelectorAll('.tile')].slice(0, 6).map((one) => one.textContent)")
        self.opened(self.project.page)
        whole, together = self.tables(), self.drawn()
        self.choose(self.bucket)
        self.browser.driver.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[arguments.length - 1]))")
        chosen = self.tables()
        for section, tables in chosen.items():
            for at, table in enumerate(tables):
                if table[0].startswith("Objects deleted or moved"):
                    # What others do with their objects keeps its column.
                    self.assertEqual(self.filled(table), self.filled(alone[section][at]))
                elif section == "latency":
                    # Percentiles are approximate; how many requests and the longest are not.
                    exact = lambda rows: [(row[0], row[1], row[-1]) for row in rows]
                    self.assertEqual(exact(table[2]), exact(alone[section][at][2]), table[0])
                else:
                    same = [one for one in alone[section] if one[0].split(",")[0] == table[0].split(",")[0]]
                    self.assertEqual([table[1:]], [one[1:] for one in same], table[0])
                self.assertNotEqual(table[1:], whole[section][at][1:], table[0])
        self.assertEqual(self.drawn(), drawn)
        self.assertTrue(all(one != other for one, other in zip(drawn, together)), "a chart that did not change")
        self.assertEqual(self.ranges(), ranges)
        self.assertEqual(self.browser.js("return [...document.querySelectorAll('.tile')].slice(0, 6).map((one) => one.textContent)"), tiles)

    def test_a_zoom_acts_on_all_that_has_a_time_and_the_rest_says_so(self):
        self.opened(self.project.page)
        notes = "return [...document.querySelectorAll('.whole')].filter((one) => one.offsetParent).map((one) => one.closest('section').id)"
        self.assertEqual(self.browser.js(notes), [])
        before, drawn = self.tables(), self.drawn()
        # To less than a day: of three days half would still be of all three.
        for _ in range(2):
            self.browser.js("document.querySelector('#deletions .chart').dispatchEvent(new KeyboardEvent('keydown', { key: '+' }))")
        self.browser.driver.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[arguments.length - 1]))")
        after = self.tables()
        self.assertEqual(self.browser.js(notes), WHOLE)
        self.assertTrue(all(one != other for one, other in zip(self.drawn(), drawn)), "a chart that did not zoom in")
        timed = ("Requests by", "Errors by", "Bytes by", "Objects deleted or moved by", "Events by")
        for section, tables in after.items():
            for old, new in zip(before[section], tables):
                changes = new[0].startswith(timed)
                self.assertEqual(new != old, changes, new[0])
        self.find("#reset").click()
        self.assertEqual(self.browser.js(notes), [])
        self.assertEqual(self.tables(), before)

    def test_what_is_pointed_at_is_told(self):
        self.opened(self.project.page)
        row = self.panel("breakdowns", "Operations").find_element(By.CSS_SELECTOR, "tbody tr")
        self.browser.js("arguments[0].dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: 10, clientY: 10 }))", row)
        first = self.table("Operations")[0]
        tip = self.browser.js("return [...document.querySelectorAll('#tip div')].map((one) => one.textContent)")
        self.assertEqual(tip[:2], [first[0], f"Requests {first[1]}"])
        self.assertRegex(tip[-1], r"^[\d.]+ % of all, by Requests$")
        self.browser.js("document.querySelector('.ranged').dispatchEvent(new PointerEvent('pointermove', { bubbles: true }))")
        median = self.table("Latency")[0][2]
        self.assertIn(f"Median {median}", self.find("#tip").text)
        self.browser.js("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))")
        self.assertFalse(self.find("#tip").is_displayed())
