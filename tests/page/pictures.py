"""Pictures of the page for the documentation: python -m page.pictures, from tests/ (scripts/page-pictures does that)."""

import pathlib
import tempfile

from .browser import Browser
from .project import ROOT, Project

# Name, colours, and the section that stands at the top; None for the head of the page.
PICTURES = [("report", "light", None), ("report-traffic", "dark", "traffic"), ("report-breakdowns", "light", "breakdowns"), ("report-latency", "light", "latency")]


class Generated(Project):
    """A month of logs without the tests' hostile ones."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.run("generate", "logs", "--bytes", "40MB", "--days", "30", "--seed", "7")
        self.run("init", "--defaults", "--target", "local", "--logs", "logs", "--name", "shop")
        self.run("deploy")
        self.run("run")
        self.page = self.folder / "page.html"
        self.run("report", "--from", "2026-06-01", "--to", "2026-07-01", "--output", "page.html")


def main():
    images = ROOT / "docs/images"
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Generated(folder).page.as_uri()
        browser = Browser()
        try:
            for name, colours, section in PICTURES:
                browser.size(1280, 900, colours)
                browser.open(page)
                if section:
                    browser.js("document.getElementById(arguments[0]).scrollIntoView()", section)
                picture = images / f"{name}.png"
                browser.driver.save_screenshot(str(picture))
                assert picture.stat().st_size < 300_000, f"{picture} is too large for a document"
                print(picture.relative_to(ROOT), picture.stat().st_size)
        finally:
            browser.close()


if __name__ == "__main__":
    main()
