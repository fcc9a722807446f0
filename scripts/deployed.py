"""What may be deployed: which crates worker and function must not carry, and how their files are read without running them."""

import pathlib
import re
import struct

# What neither may carry: argument parsing, prompts, tables, YAML, templates, the SQL engine.
NOT_DEPLOYED = {
    "clap", "clap_builder", "dialoguer", "indicatif", "comfy-table", "serde_norway", "serde_yaml", "minijinja", "datafusion",
    "sqlparser", "arrow",
}

# Feature → what is built with it alone must not carry.
DEPLOYED = {"worker": NOT_DEPLOYED | {"lambda_runtime"}, "lambda": NOT_DEPLOYED | {"aws-sdk-glue"}}

# What every Linux with a glibc has (Linux Standard Base, "Base Libraries"); all else would have to be there too.
LIBRARIES = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}

# ELF-64 Object File Format and System V ABI, "Dynamic Section".
_DYNAMIC, _NEEDED, _STRTAB, _STRSZ = 2, 1, 5, 10
_LOAD = 1
# Linux Standard Base, "Symbol Versioning".
_VERNEED, _VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF


class NotAProgram(Exception):
    """Why a file is no program for Linux on x86_64."""


class Program:
    """What an ELF file asks of the system: libraries, and versions of their symbols."""

    def __init__(self, content: bytes):
        self.content = content
        try:
            self._read()
        except (struct.error, IndexError, ValueError, StopIteration) as error:
            raise NotAProgram(f"it is cut off or damaged: {error!r}") from error

    @classmethod
    def at(cls, path):
        """The program in a file."""
        return cls(pathlib.Path(path).read_bytes())

    def _read(self):
        head = self.content
        if head[:4] != b"\x7fELF":
            raise NotAProgram("it is no program for Linux")
        # Class 64, little-endian, machine x86-64.
        if head[4:6] != b"\x02\x01" or struct.unpack_from("<H", head, 18) != (62,):
            raise NotAProgram("it is a program for another processor than x86_64")
        (table,), (size, count) = struct.unpack_from("<Q", head, 32), struct.unpack_from("<HH", head, 54)
        self._segments = [struct.unpack_from("<IIQQQQ", head, table + at * size) for at in range(count)]
        self.libraries, self.versions = [], {}
        dynamic = [segment for segment in self._segments if segment[0] == _DYNAMIC]
        # A static program has none.
        if dynamic:
            self._read_dynamic(dynamic[0])

    def _read_dynamic(self, segment):
        entries = []
        for at in range(segment[2], segment[2] + segment[5], 16):
            tag, value = struct.unpack_from("<qQ", self.content, at)
            if tag == 0:
                break
            entries.append((tag, value))
        only = dict(entries)
        begin = self._place(only[_STRTAB]) if _STRTAB in only else 0
        names = self.content[begin:begin + only.get(_STRSZ, 0)]
        self.libraries = [_text(names, value) for tag, value in entries if tag == _NEEDED]
        at = self._place(only[_VERNEED]) if _VERNEED in only else 0
        for _ in range(only.get(_VERNEEDNUM, 0)):
            _, count, library, first, following = struct.unpack_from("<HHIII", self.content, at)
            entry, found = at + first, []
            for _ in range(count):
                _, _, _, name, step = struct.unpack_from("<IHHII", self.content, entry)
                found.append(_text(names, name))
                entry += step
            self.versions[_text(names, library)] = found
            at += following

    def _place(self, address):
        """Where in the file stands what is loaded at an address."""
        return next(
            offset + address - start
            for kind, _, offset, start, _, size in self._segments
            if kind == _LOAD and start <= address < start + size
        )

    def glibc(self):
        """The newest version of glibc that the loader will insist on; `(0, 0)` if on none."""
        texts = (version for versions in self.versions.values() for version in versions)
        found = (re.fullmatch(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?", text) for text in texts)
        return max(((int(match[1]), int(match[2])) for match in found if match), default=(0, 0))

    def crates(self):
        """Crates of which code is inside: rustc leaves the path of each file that can panic. `strip` leaves it too."""
        paths = re.findall(rb"registry/src/[^/\0]+/([A-Za-z0-9_-]+?)-\d+\.\d+\.\d", self.content)
        return {path.decode() for path in paths}

    def faults(self, ceiling, forbidden):
        """Why this must not be deployed."""
        wrong = []
        if self.glibc() > ceiling:
            newer = sorted({text for texts in self.versions.values() for text in texts if _newer(text, ceiling)})
            wrong.append(f"it needs {', '.join(newer)}, and glibc {ceiling[0]}.{ceiling[1]} is the newest that it may")
        others = set(self.libraries) - LIBRARIES
        if others:
            wrong.append(f"it needs {', '.join(sorted(others))}, which a system may not have")
        carried = self.crates()
        if not carried:
            wrong.append("no crate can be made out in it, so that nobody can tell which are")
        wrong += [f"it carries {name}" for name in sorted(carried & forbidden)]
        return wrong


def _newer(text, ceiling):
    match = re.fullmatch(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?", text)
    return match is not None and (int(match[1]), int(match[2])) > ceiling


def _text(table, at):
    return table[at:table.index(b"\0", at)].decode()
