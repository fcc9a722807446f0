"""What keeps a program from being deployed is found in its file: a newer glibc, a library that may not be there, a crate of the
command line. Programs are made here byte by byte; that of this machine is read as readelf reads it."""

import pathlib
import re
import shutil
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "scripts"))

import deployed  # noqa: E402

CRATES = b"/home/x/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/%s/src/lib.rs"
H2, CLAP, DERIVE = CRATES % b"h2-0.4.20", CRATES % b"clap-4.6.1", CRATES % b"clap-like-thing-1.0.0"


def program(versions=("GLIBC_2.2.5", "GLIBC_2.17"), library="libc.so.6", machine=62, more=H2):
    """A program that asks for versions of one library; all of it is loaded at 0x1000."""
    names, needed, dynamic, end = b"\0" + library.encode() + b"\0", b"", b"", 0x600
    for at, version in enumerate(versions):
        step = 16 if at + 1 < len(versions) else 0
        needed += struct.pack("<IHHII", 0, 0, at + 2, len(names), step)
        names += version.encode() + b"\0"
    needed = struct.pack("<HHIII", 1, len(versions), 1, 16, 0) + needed
    for entry in ((5, 0x1400), (10, len(names)), (1, 1), (0x6FFFFFFE, 0x1300), (0x6FFFFFFF, 1), (0, 0)):
        dynamic += struct.pack("<qQ", *entry)
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x1000, 0, end, end, 0x1000)
    tells = struct.pack("<IIQQQQQQ", 2, 4, 0x200, 0x1200, 0, len(dynamic), len(dynamic), 8)
    content = bytearray((head + load + tells).ljust(end, b"\0"))
    content[0x200:0x200 + len(dynamic)] = dynamic
    content[0x300:0x300 + len(needed)] = needed
    content[0x400:0x400 + len(names)] = names
    return bytes(content) + more


def faults(**what):
    return deployed.Program(program(**what)).faults((2, 17), deployed.DEPLOYED["worker"])


class Deployed(unittest.TestCase):
    def test_what_may_be_deployed_has_no_faults(self):
        self.assertEqual(faults(), [])
        # A name that begins like one, and a text that is no request of the loader's.
        self.assertEqual(faults(more=H2 + b"\0" + DERIVE + b"\0GLIBC_2.34\0"), [])

    def test_a_newer_glibc_is_a_fault(self):
        self.assertEqual(faults(versions=("GLIBC_2.4", "GLIBC_2.18", "GLIBC_2.34")),
                         ["it needs GLIBC_2.18, GLIBC_2.34, and glibc 2.17 is the newest that it may"])

    def test_a_library_that_may_not_be_there_is_a_fault(self):
        self.assertEqual(faults(library="libssl.so.3"), ["it needs libssl.so.3, which a system may not have"])

    def test_a_crate_of_the_command_line_is_a_fault(self):
        self.assertEqual(faults(more=H2 + b"\0" + CLAP), ["it carries clap"])
        self.assertEqual(faults(more=b""), ["no crate can be made out in it, so that nobody can tell which are"])

    def test_what_is_no_program_is_told(self):
        with self.assertRaisesRegex(deployed.NotAProgram, "another processor"):
            deployed.Program(program(machine=183))
        with self.assertRaisesRegex(deployed.NotAProgram, "no program for Linux"):
            deployed.Program(b"#!/bin/sh\n")
        for length in (20, 63, 100, 0x210, 0x308, 0x402):
            with self.assertRaisesRegex(deployed.NotAProgram, "cut off or damaged"):
                deployed.Program(program()[:length])

    @unittest.skipUnless(shutil.which("readelf") and sys.platform == "linux", "needs readelf")
    def test_a_program_of_this_machine_is_read_as_readelf_reads_it(self):
        path = shutil.which("sh")
        try:
            found = deployed.Program.at(path)
        except deployed.NotAProgram:
            self.skipTest("this machine is no x86_64")
        said = subprocess.run(["readelf", "--version-info", "--dynamic", "--wide", path], check=True, capture_output=True, text=True)
        versions = [tuple(map(int, pair)) for pair in re.findall(r"Name: GLIBC_(\d+)\.(\d+)", said.stdout)]
        self.assertEqual(found.glibc(), max(versions))
        self.assertEqual(found.libraries, re.findall(r"Shared library: \[(.*?)\]", said.stdout))


if __name__ == "__main__":
    unittest.main()
