"""Chromium, as the distribution has it, and what a page did in it."""

import json
import shutil

from selenium import webdriver
from selenium.webdriver.chrome.service import Service


class Browser:
    """One window without a screen."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        # As root, as in CI, Chromium has no sandbox; it opens our own page only.
        for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-background-networking"):
            options.add_argument(flag)
        options.binary_location = shutil.which("chromium")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.size(1280, 900)

    def size(self, width, height, colours="light"):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = {"prefers-color-scheme": colours, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def open(self, url):
        self.driver.get(url)
        assert self.js("return document.documentElement.dataset.ready") == "yes", self.complaints()

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def complaints(self):
        """What the console says: errors, and what the page's policy has stopped."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] != "INFO"]

    def requested(self):
        """The addresses that were asked for since the last time."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [it["params"]["request"]["url"] for it in messages if it["method"] == "Network.requestWillBeSent"]

    def close(self):
        self.driver.quit()
