"""The archive of a release: the same for the same files, whoever packs it, and with sums that sha256sum agrees to.

Usage: python3 -m unittest discover --start-directory tests/assets
"""

import importlib.machinery
import importlib.util
import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "release"


def script():
    loader = importlib.machinery.SourceFileLoader("release", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("release", loader))
    loader.exec_module(module)
    return module


class Archive(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        self.release = script()

    def filled(self, name, mode):
        folder = self.scratch / name / "bucketscope-1"
        (folder / "docs").mkdir(parents=True)
        for file in ("docs/z.md", "docs/a.md", "bucketscope"):
            (folder / file).write_text(file)
            (folder / file).chmod(0o644)
        (folder / "bucketscope").chmod(mode)
        return folder

    def test_the_same_files_make_the_same_archive_whatever_their_times_and_modes(self):
        one, other = self.filled("one", 0o755), self.filled("other", 0o700)
        os.utime(other / "docs" / "a.md", (1, 1))
        archives = []
        for i, folder in enumerate((one, other)):
            archive = self.scratch / f"{i}.tar.gz"
            self.release.pack(folder, archive, 1_700_000_000)
            archives.append(archive.read_bytes())
        self.assertEqual(archives[0], archives[1])
        with tarfile.open(self.scratch / "0.tar.gz") as tar:
            entries = {entry.name: entry for entry in tar}
        self.assertEqual(sorted(entries), ["bucketscope-1/bucketscope", "bucketscope-1/docs", "bucketscope-1/docs/a.md", "bucketscope-1/docs/z.md"])
        self.assertEqual(entries["bucketscope-1/bucketscope"].mode, 0o755)
        self.assertEqual(entries["bucketscope-1/docs/a.md"].mode, 0o644)
        self.assertEqual({entry.uname for entry in entries.values()}, {""})

    def test_other_content_makes_another_archive(self):
        one, other = self.filled("one", 0o755), self.filled("other", 0o755)
        (other / "bucketscope").write_text("changed")
        for name, folder in (("1", one), ("2", other)):
            self.release.pack(folder, self.scratch / name, 0)
        self.assertNotEqual((self.scratch / "1").read_bytes(), (self.scratch / "2").read_bytes())

    def test_what_cargo_does_not_know_of_is_in_the_bill_too(self):
        readme = SCRIPT.parents[1] / "src/report/page/vendor/README.md"
        component = self.release.bundled(readme)
        self.assertEqual((component["name"], component["licenses"]), ("uplot", [{"license": {"id": "MIT"}}]))
        self.assertRegex(component["purl"], r"^pkg:npm/uplot@\d+\.\d+\.\d+$")
        bill = {"metadata": {"component": {"bom-ref": "us"}}, "components": [], "dependencies": [{"ref": "us"}, {"ref": "other"}]}
        self.release.add(bill, component)
        self.assertEqual(bill["components"], [component])
        self.assertEqual(bill["dependencies"][0], {"ref": "us", "dependsOn": [component["bom-ref"]]})
        self.assertEqual(bill["dependencies"][1:], [{"ref": "other"}, {"ref": component["bom-ref"]}])

    def test_sha256sum_agrees_to_the_sums(self):
        folder = self.filled("one", 0o755)
        self.release.sums(folder)
        self.release.sums(folder)
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=True)
        self.assertEqual(len((folder / "SHA256SUMS").read_text().splitlines()), 3)


if __name__ == "__main__":
    unittest.main()
