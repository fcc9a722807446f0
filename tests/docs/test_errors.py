"""What docs/troubleshooting.md quotes of errors is what the program says.

Usage: python3 -m unittest discover --start-directory tests/docs
"""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/troubleshooting.md"

# Put together of two texts of the program.
TOGETHER = {"the worker ended with exit code": "ended with exit code"}


def said():
    """The program's texts in one, continued lines joined."""
    files = [*(ROOT / "src").rglob("*.rs"), *(ROOT / "jobs").glob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return re.sub(r"\\\n\s*", "", text)


def pattern(quote):
    """A quote as it stands in the code: what the page leaves out, and numbers, are values there."""
    parts = re.split(r"…|BS…|\b[A-Z]{3,}\b|\d+|[():→]", quote)
    parts = [part.strip(" ()`\"") for part in parts]
    return [TOGETHER.get(part, part) for part in parts if len(part) > 3]


def quotes(page):
    """The quotes in the first column of tables that begin with what an error, a reason or something else says."""
    of_errors = False
    for line in page.splitlines():
        if not line.startswith("|"):
            of_errors = False
            continue
        first = re.split(r"(?<!\\)\|", line)[1].strip()
        if first.startswith(("The error says", "The reason says", "What you see", "`status` says", "It says")):
            of_errors = True
        elif of_errors and not first.startswith("---"):
            yield from re.findall(r"`([^`]+)`", first)


def unknown(page, text):
    return [quote for quote in quotes(page) for part in pattern(quote) if part not in text]


class Errors(unittest.TestCase):
    def test_every_quote_stands_in_the_program(self):
        found = list(quotes(PAGE.read_text(encoding="utf-8")))
        self.assertGreater(len(found), 40)
        self.assertEqual(unknown(PAGE.read_text(encoding="utf-8"), said()), [])

    def test_a_quote_of_nothing_is_found(self):
        page = "| The error says | Cause |\n|---|---|\n| `the moon is in the way of …` | |\n\n| Other |\n|---|\n| `nothing` |\n"
        self.assertEqual(unknown(page, said()), ["the moon is in the way of …"])

    def test_every_preflight_code_of_the_page_is_one(self):
        known = set(re.findall(r"\bBS\d{3}\b", (ROOT / "docs/preflight.md").read_text(encoding="utf-8")))
        told = set(re.findall(r"\bBS\d{3}\b", PAGE.read_text(encoding="utf-8")))
        self.assertEqual(told - known, set())


if __name__ == "__main__":
    unittest.main()
