"""`report --serve` as a process, and its form filled in by a browser."""

import subprocess
import urllib.parse

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from .project import PROGRAM


class Served:
    """A server of the page, until it is ended."""

    def __init__(self, folder, *arguments, environment=None):
        command = [PROGRAM, "report", "--serve", *arguments]
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.port = urllib.parse.urlsplit(self.url).port

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def ask(browser, **fields):
    """Fills the form in and waits for the page that comes of it."""
    for name, value in fields.items():
        field = browser.driver.find_element(By.NAME, name)
        field.clear()
        field.send_keys(value)
    browser.js("window.earlier = true")
    browser.driver.find_element(By.CSS_SELECTOR, "form.ask button").click()
    come = "return !window.earlier && (document.documentElement.dataset.ready === 'yes' || document.querySelector('.apology') !== null)"
    WebDriverWait(browser.driver, 300).until(lambda _: browser.js(come))
