"""The page of a year of hours and sixteen choices of bucket, filled from the shared one: it opens, follows and draws within moments."""

from .case import PageCase

HOUR = 3_600_000
HOURS = 8_760
BUCKETS = 15

# Far above what it takes (tenths of it), as machines that test are busy.
OPENS_MS = 8_000
FOLLOWS_MS = 3_000


class SizeTest(PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = cls.project.altered("year.html", cls.grow)
        cls.pages = {cls.project.page, cls.page}

    @classmethod
    def grow(cls, data):
        data["to_ms"] = data["from_ms"] + HOURS * HOUR
        data["scopes"] = [{"label": "All buckets"}] + [{"label": f"bucket-{at}"} for at in range(BUCKETS)]
        cls.stretch(data["access"]["series"], HOURS)
        cls.stretch(data["events"]["series"], HOURS)
        cls.stretch(data["access"]["actions"]["series"], HOURS // 24)
        access = data["access"]
        for part in [*access["breakdowns"], *data["events"]["breakdowns"], access["costs"]]:
            part["scopes"] = part["scopes"][:1] * (1 + BUCKETS)
        access["latency"] = access["latency"][:1] * (1 + BUCKETS)
        access["actions"]["totals"] = access["actions"]["totals"][:1] * (1 + BUCKETS)
        for finding in data["findings"]["found"]:
            finding["scopes"] = []

    @staticmethod
    def stretch(series, count):
        """Each scope and metric with a number for every step, all of them different."""
        metrics = len(series["metrics"])
        series["count"] = count
        series["scopes"] = [[[1 + (step * 7_919 + metric * 31 + scope) % 997 for step in range(count)] for metric in range(metrics)] for scope in range(1 + BUCKETS)]

    def took(self, act):
        script = "const done = arguments[arguments.length - 1]; const start = performance.now(); " + act + "; requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)))"
        return self.browser.driver.execute_async_script(script)

    def test_a_year_is_followed_at_once(self):
        self.browser.open(self.page.as_uri())
        self.assertLess(self.browser.js("return performance.getEntriesByType('navigation')[0].loadEventEnd"), OPENS_MS)
        self.assertLess(self.browser.js("return document.querySelectorAll('*').length"), 6_000, "rows that nobody has asked for")
        by = "return [...document.querySelectorAll('.chart')].map((chart) => chart.closest('figure').querySelector('.by').textContent)"
        self.assertEqual(set(self.browser.js(by)), {"by day, UTC"})
        self.assertLess(self.took("const scope = document.getElementById('scope'); scope.value = '3'; scope.dispatchEvent(new Event('change'))"), FOLLOWS_MS)
        for _ in range(4):
            zoom = "document.querySelector('#traffic .chart').dispatchEvent(new KeyboardEvent('keydown', { key: '+' }))"
            self.assertLess(self.took(zoom), FOLLOWS_MS)
        self.assertEqual(self.browser.js(by)[0], "by hour, UTC")
        self.assertLess(self.took("document.getElementById('reset').click()"), FOLLOWS_MS)

    def test_a_day_that_is_drawn_is_the_sum_of_its_hours(self):
        self.browser.open(self.page.as_uri())
        hours = [1 + (step * 7_919) % 997 for step in range(24)]
        self.browser.js("document.querySelector('#traffic .chart').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }))")
        self.browser.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[arguments.length - 1]))")
        self.assertIn(f"Requests {sum(hours):,}", self.find("#told").get_attribute("textContent"))
