"""The page of a pipeline in AWS, whose answers come from Athena: it says what the page of the same records on this machine says."""

import unittest

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from .browser import Browser
from .cloud import Cloud
from .project import AGENTS, data_of, shared
from .served import Served, ask


class AwsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.project = shared()
        cls.cloud = Cloud(cls.project)
        cls.addClassCleanup(cls.cloud.close)
        cls.page = cls.cloud.folder / "page.html"
        cls.said = cls.cloud.run("report", "--output", "page.html")
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def figure(self):
        return self.browser.driver.find_element(By.CSS_SELECTOR, ".tile .figure").text

    def requests(self, *arguments):
        return sum(row["requests"] for row in self.project.rows("hourly-trend", *arguments))

    def test_it_says_what_the_page_of_this_machine_says(self):
        on_athena, embedded = data_of(self.page), data_of(self.project.page)
        self.assertIn("queries on Athena", on_athena.pop("bill"))
        self.assertIsNone(embedded.pop("bill"))
        # Other runs wrote other files, at other times.
        for data in (on_athena, embedded):
            del data["made_ms"]
            for own in ("bytes", "last_commit_ms", "watermark_ms"):
                del data["pipeline"][own]
        # Percentiles are approximate on Athena; how many requests and the longest are not.
        latency = [[[(row["v"], row["n"][0], row["n"][-1]) for row in rows] for rows in data["access"].pop("latency")] for data in (on_athena, embedded)]
        self.assertEqual(latency[0], latency[1])
        # In AWS the Region of a log bucket is known, so more is known of where bytes went; requests cost the same.
        costs = [data["access"].pop("costs")["scopes"] for data in (on_athena, embedded)]
        of_requests = [[round(sum(row["n"][0] for row in rows), 9) for rows in scopes] for scopes in costs]
        self.assertEqual(of_requests[0], of_requests[1])
        self.assertEqual(on_athena, embedded)
        self.assertGreater(len(on_athena["findings"]["found"]), 10)
        self.assertTrue(on_athena["access"] and on_athena["events"])

    def test_it_opens_and_follows_a_bucket(self):
        self.browser.open(self.page.as_uri())
        self.browser.requested()
        self.assertEqual(self.figure(), f"{self.requests():,}")
        self.assertIn("queries on Athena", self.browser.driver.find_element(By.ID, "footer").text)
        Select(self.browser.driver.find_element(By.ID, "scope")).select_by_visible_text("hostile")
        self.assertEqual(self.figure(), str(len(AGENTS)))
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual(self.browser.requested(), [])
        self.assertIsNone(self.browser.js("return window.hit ?? null"), "text from a log has run")

    def test_served_it_asks_athena_again(self):
        server = Served(self.cloud.folder, "--bucket", "hostile", environment=self.cloud.environment)
        self.addCleanup(server.end)
        self.browser.open(server.url)
        self.assertEqual(self.figure(), str(len(AGENTS)))
        ask(self.browser, bucket="", **{"from": "2026-06-02T03:00:00Z", "to": "2026-06-02T09:00:00Z"})
        self.assertEqual(self.figure(), f"{self.requests('--from', '2026-06-02T03:00:00Z', '--to', '2026-06-02T09:00:00Z'):,}")
        self.assertIn("2026-06-02 03:00 to 2026-06-02 09:00", self.browser.driver.find_element(By.ID, "range").text)
        self.assertIn("queries on Athena", self.browser.driver.find_element(By.ID, "footer").text)
        self.assertEqual(self.browser.complaints(), [])


if __name__ == "__main__":
    unittest.main()
