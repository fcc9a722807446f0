"""What tests of the page share: a window with the page in it, and how its parts are read and worked with."""

import unittest

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from .browser import Browser
from .project import shared


class PageCase(unittest.TestCase):
    """The shared project's page, opened anew for each test; none may make it complain, ask for anything or run a log's text."""

    @classmethod
    def setUpClass(cls):
        cls.project = shared()
        cls.pages = {cls.project.page}
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.size(1280, 900)
        self.browser.open(self.project.page.as_uri())

    def tearDown(self):
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual(set(self.browser.requested()) - {page.as_uri() for page in self.pages}, set())
        self.assertIsNone(self.browser.js("return window.hit ?? null"), "text from a log has run")

    def find(self, selector):
        return self.browser.driver.find_element(By.CSS_SELECTOR, selector)

    def tile(self, name):
        tiles = self.browser.driver.find_elements(By.CSS_SELECTOR, ".tile")
        return next(tile for tile in tiles if tile.find_element(By.CSS_SELECTOR, ".name").text == name)

    def figure(self, name):
        return self.tile(name).find_element(By.CSS_SELECTOR, ".figure").text

    def table(self, caption):
        """The rows of the first table with such a caption, as texts; those that are shown."""
        script = """
          const table = [...document.querySelectorAll("table")].find((one) => one.caption.textContent.startsWith(arguments[0]));
          return [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent));
        """
        return self.browser.js(script, caption)

    def sums(self, caption):
        """The last row of the first table with such a caption."""
        script = """
          const table = [...document.querySelectorAll("table")].find((one) => one.caption.textContent.startsWith(arguments[0]));
          return [...table.tFoot.rows[0].cells].map((cell) => cell.textContent);
        """
        return self.browser.js(script, caption)

    def panel(self, section, title):
        script = """
          return [...document.querySelectorAll("#" + arguments[0] + " .panel")].find((one) => one.querySelector("h3").textContent === arguments[1]);
        """
        return self.browser.js(script, section, title)

    def requests(self, *arguments):
        return sum(row["requests"] for row in self.project.rows("hourly-trend", *arguments))

    def open(self, details):
        self.browser.js("arguments[0].scrollIntoView({block: 'center'})", details)
        details.find_element(By.CSS_SELECTOR, "summary").click()
        WebDriverWait(self.browser.driver, 5).until(lambda _: details.find_elements(By.CSS_SELECTOR, "pre, table"))
        return details

    def choose(self, bucket):
        Select(self.find("#scope")).select_by_visible_text(bucket)
