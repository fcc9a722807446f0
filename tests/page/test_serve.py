"""`report --serve`: who is answered, and that another range or bucket is asked for from the page."""

import http.client
import signal
import unittest
import urllib.parse

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from .browser import Browser
from .project import shared
from .served import Served, ask


class ServeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.project = shared()

    def setUp(self):
        self.server = Served(self.project.folder, "--bucket", "hostile")
        self.addCleanup(self.server.end)

    def status(self, path, host=None, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        connection.request(method, path, headers={"Host": host or f"127.0.0.1:{self.server.port}"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def test_only_who_knows_the_address_is_answered_and_ctrl_c_ends_it(self):
        path = urllib.parse.urlsplit(self.server.url).path
        self.assertEqual(self.status("/"), 404)
        self.assertEqual(self.status(path, host=f"rebound.example:{self.server.port}"), 421)
        self.assertEqual(self.status(path, method="POST"), 405)
        # A connection that says nothing holds nobody up.
        idle = http.client.HTTPConnection("127.0.0.1", self.server.port)
        idle.connect()
        self.assertEqual(self.status(path), 200)
        idle.close()
        self.server.process.send_signal(signal.SIGINT)
        self.assertEqual(self.server.process.wait(10), 0)

    def test_the_page_asks_again(self):
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(self.server.url)
        figure = lambda: browser.driver.find_element(By.CSS_SELECTOR, ".tile .figure").text
        self.assertEqual(figure(), "4")
        ask(browser, bucket="")
        everything = sum(row["requests"] for row in self.project.rows("hourly-trend"))
        self.assertEqual(figure(), f"{everything:,}")
        self.assertEqual(browser.complaints(), [])
        asked = {urllib.parse.urlsplit(url).netloc for url in browser.requested() if url.startswith("http")}
        self.assertEqual(asked, {f"127.0.0.1:{self.server.port}"})
        ask(browser, **{"from": "<b>soon</b>"})
        text = browser.driver.find_element(By.TAG_NAME, "main").text
        self.assertIn("--from: `<b>soon</b>` is no time", text)
        self.assertEqual(browser.complaints(), [])
        browser.driver.find_element(By.LINK_TEXT, "Back").click()
        WebDriverWait(browser.driver, 60).until(lambda _: browser.js("return document.documentElement.dataset.ready === 'yes'"))
        self.assertEqual(figure(), "4")

    def test_what_was_typed_stays_until_another_time_is_chosen(self):
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(self.server.url)
        ask(browser, bucket="")
        fields = lambda: [browser.driver.find_element(By.NAME, name).get_attribute("value") for name in ("from", "to", "bucket")]
        to = fields()[1]
        field = browser.driver.find_element(By.NAME, "from")
        field.clear()
        field.send_keys("2026-06-02")
        choose = Select(browser.driver.find_element(By.ID, "scope")).select_by_visible_text
        choose("hostile")
        self.assertEqual(fields(), ["2026-06-02", to, "hostile"])
        choose("All buckets")
        self.assertEqual(fields(), ["2026-06-02", to, ""])
        field = browser.driver.find_element(By.NAME, "bucket")
        field.send_keys("quiet")
        browser.driver.find_element(By.ID, "zoom-in").click()
        self.assertEqual(fields()[2], "quiet")
        self.assertRegex(fields()[0], r"^\d{4}-\d\d-\d\dT\d\d:00:00Z$")
        self.assertEqual(browser.complaints(), [])


if __name__ == "__main__":
    unittest.main()
