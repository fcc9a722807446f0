"""`report --serve`: who is answered, and that another range or bucket is asked for from the page."""

import http.client
import signal
import subprocess
import unittest
import urllib.parse

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from .browser import Browser
from .project import PROGRAM, shared


class ServeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.project = shared()

    def setUp(self):
        command = [PROGRAM, "report", "--serve", "--bucket", "hostile"]
        self.server = subprocess.Popen(command, cwd=self.project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end)
        self.url = self.server.stdout.readline().strip()
        self.port = urllib.parse.urlsplit(self.url).port

    def end(self):
        if self.server.poll() is None:
            self.server.kill()
        self.server.communicate()

    def status(self, path, host=None, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, headers={"Host": host or f"127.0.0.1:{self.port}"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def test_only_who_knows_the_address_is_answered_and_ctrl_c_ends_it(self):
        path = urllib.parse.urlsplit(self.url).path
        self.assertEqual(self.status("/"), 404)
        self.assertEqual(self.status(path, host=f"rebound.example:{self.port}"), 421)
        self.assertEqual(self.status(path, method="POST"), 405)
        # A connection that says nothing holds nobody up.
        idle = http.client.HTTPConnection("127.0.0.1", self.port)
        idle.connect()
        self.assertEqual(self.status(path), 200)
        idle.close()
        self.server.send_signal(signal.SIGINT)
        self.assertEqual(self.server.wait(10), 0)

    def test_the_page_asks_again(self):
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(self.url)
        figure = lambda: browser.driver.find_element(By.CSS_SELECTOR, ".tile .figure").text
        self.assertEqual(figure(), "4")

        def ask(**fields):
            for name, value in fields.items():
                field = browser.driver.find_element(By.NAME, name)
                field.clear()
                field.send_keys(value)
            form = browser.driver.find_element(By.CSS_SELECTOR, "form.ask")
            form.find_element(By.CSS_SELECTOR, "button").click()
            WebDriverWait(browser.driver, 300).until(lambda driver: "=" in driver.current_url and driver.find_elements(By.CSS_SELECTOR, "footer p, .apology"))

        ask(bucket="")
        everything = sum(row["requests"] for row in self.project.rows("hourly-trend"))
        WebDriverWait(browser.driver, 300).until(lambda _: figure() == f"{everything:,}")
        self.assertEqual(browser.complaints(), [])
        asked = {urllib.parse.urlsplit(url).netloc for url in browser.requested() if url.startswith("http")}
        self.assertEqual(asked, {f"127.0.0.1:{self.port}"})
        ask(**{"from": "<b>soon</b>"})
        WebDriverWait(browser.driver, 60).until(lambda driver: driver.find_elements(By.CSS_SELECTOR, ".apology"))
        text = browser.driver.find_element(By.TAG_NAME, "main").text
        self.assertIn("--from: `<b>soon</b>` is no time", text)


if __name__ == "__main__":
    unittest.main()
