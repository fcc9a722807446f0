"""Every relative link in a document leads to a file that is there, and every anchor to a heading of it.

Usage: python3 -m unittest discover --start-directory tests/docs
"""

import functools
import pathlib
import re
import subprocess
import unicodedata
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


def documents():
    """The Markdown files of the repository."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in names.stdout.splitlines() if (ROOT / name).exists()]


def prose(text):
    """The lines outside fenced blocks, without code in backticks."""
    fenced = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield re.sub(r"(`+)(?:(?!`).)+\1", "", line)


def links(text):
    """Where the links of a document lead, those to other hosts aside."""
    return [to for line in prose(text) for to in LINK.findall(line) if not ELSEWHERE.match(to)]


def anchor(heading):
    """The anchor that GitHub gives a heading: lower case, letters, digits, hyphens and underscores, spaces as hyphens."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    kept = (one for one in text if one in "-_ " or unicodedata.category(one)[0] in "LN")
    return "".join(kept).replace(" ", "-")


@functools.cache
def anchors(path):
    """The anchors of a document; a heading that is there twice has a number behind it."""
    seen, found, fenced = {}, set(), False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        heading = None if fenced else re.match(r"#{1,6} +(.*?)#*$", line)
        if heading:
            name = anchor(heading[1])
            times = seen.get(name, 0)
            seen[name] = times + 1
            found.add(f"{name}-{times}" if times else name)
    return found


def broken(path, text):
    """The links of a document that lead nowhere, with the reason."""
    for link in links(text):
        to, _, name = link.partition("#")
        target = (path.parent / urllib.parse.unquote(to)).resolve() if to else path
        if not target.is_relative_to(ROOT):
            yield f"{link}: outside of the repository"
        elif not target.exists():
            yield f"{link}: no such file"
        elif name and (target.suffix != ".md" or name not in anchors(target)):
            yield f"{link}: no such heading"


class Links(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        found = [
            f"{path.relative_to(ROOT)}: {what}" for path in documents()
            for what in broken(path, path.read_text(encoding="utf-8"))]
        self.assertEqual(found, [])

    def test_a_broken_link_is_found(self):
        path = ROOT / "docs/README.md"
        for text in ("[a](nowhere.md)", "[a](exit-codes.md#nowhere)", "[a](#nowhere)", "[a](../../etc/passwd)", "[a](../LICENSE#one)"):
            self.assertEqual(len(list(broken(path, text))), 1, text)
        for text in ("[a](exit-codes.md#exit-codes)", "[a](https://example.com/x#y)", "`[a](nowhere.md)`", "```\n[a](no.md)\n```", "[a](../src/)"):
            self.assertEqual(list(broken(path, text)), [], text)

    def test_the_index_has_every_page(self):
        index = ROOT / "docs/README.md"
        linked = [link.partition("#")[0] for link in links(index.read_text(encoding="utf-8"))]
        pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
        self.assertEqual(pages - set(linked), set())
        tasks = [line.split("|")[1] for line in index.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
        self.assertEqual(len(tasks), len(set(tasks)), "a task stands twice")

    def test_anchors_are_those_of_github(self):
        self.assertEqual(anchor("`target: aws`"), "target-aws")
        self.assertEqual(anchor("Joining small files: `bucketscope compact`"), "joining-small-files-bucketscope-compact")
        self.assertEqual(anchor("Where joined files lie, and how readers get there"), "where-joined-files-lie-and-how-readers-get-there")


if __name__ == "__main__":
    unittest.main()
