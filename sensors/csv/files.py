"""Open a CSV file, plain or gzip, and walk its rows without holding it in memory."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self, TextIO

DELIMITERS = (";", ",", "\t", "|")
SAMPLE = 64 * 1024
# A line without an end must not fill the memory.
LONGEST_LINE = 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"
BROKEN_GZIP = (gzip.BadGzipFile, EOFError, zlib.error)


class CsvFileError(Exception):
    """The file as a whole cannot be read. The message is for people."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of data. `number` counts from 1, the header included."""

    number: int
    fields: list[str]
    error: str = ""


@dataclass(slots=True)
class CsvFile:
    """An open file: its header is read, its rows are still to come. Use it in `with`."""

    path: Path
    delimiter: str | None = None
    encoding: str = "utf-8-sig"
    header: list[str] = field(init=False)
    size: int = field(init=False)
    _raw: BinaryIO = field(init=False)
    _text: TextIO = field(init=False)
    _lines: int = field(init=False, default=0)

    def __enter__(self) -> Self:
        if self.path.is_dir():
            raise CsvFileError(f"{self.path} is a directory")
        try:
            self._raw = self.path.open("rb")
        except OSError as exc:
            raise CsvFileError(f"{self.path} cannot be opened: {exc.strerror}") from exc
        try:
            self._begin()
        except BaseException:
            self._raw.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._text.close()
        self._raw.close()

    @property
    def position(self) -> int:
        """How many bytes of `size` are read; of a gzip file, compressed ones."""
        return self._raw.tell()

    def rows(self) -> Iterator[Row]:
        """The rows after the header; blank lines are passed over. Walk them once."""
        reader = csv.reader(self._each_line(), delimiter=self.delimiter or ",")
        while True:
            # A quoted field may span lines: the row's number is that of its first.
            number = self._lines + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as exc:
                yield Row(number, [], error=str(exc))
                continue
            if any(fields):
                yield Row(number, fields)

    def _begin(self) -> None:
        self.size = self.path.stat().st_size
        if not self.size:
            raise CsvFileError(f"{self.path} is empty")
        head = self._raw.read(len(GZIP_MAGIC))
        self._raw.seek(0)
        is_gzip = head == GZIP_MAGIC or self.path.suffix == ".gz"
        data = gzip.GzipFile(fileobj=self._raw) if is_gzip else self._raw
        self._check_text(self._sample(data))
        # A character that cannot be read spoils its own field only.
        self._text = io.TextIOWrapper(data, self.encoding, errors="replace", newline="")
        self.header = self._read_header()

    def _sample(self, data: BinaryIO | gzip.GzipFile) -> bytes:
        try:
            sample = data.read(SAMPLE)
            data.seek(0)
        except BROKEN_GZIP as exc:
            raise CsvFileError(f"{self.path} is not a whole gzip file: {exc}") from exc
        if not sample.strip():
            raise CsvFileError(f"{self.path} is empty")
        return sample

    def _check_text(self, sample: bytes) -> None:
        try:
            # Cut at a line, so that no character is cut in two.
            text = sample[: sample.rfind(b"\n") + 1 or None].decode(self.encoding)
        except UnicodeDecodeError as exc:
            raise CsvFileError(
                f"{self.path} is not text in {self.encoding.removesuffix('-sig')}; "
                "if it is text, name its encoding, such as cp1252"
            ) from exc
        except LookupError as exc:
            raise CsvFileError(f"{self.encoding} is not an encoding") from exc
        if "\x00" in text:
            raise CsvFileError(f"{self.path} is binary, not CSV")
        self.delimiter = self.delimiter or sniff_delimiter(text)

    def _read_header(self) -> list[str]:
        reader = csv.reader(self._each_line(), delimiter=self.delimiter or ",")
        header = next((row for row in reader if any(cell.strip() for cell in row)), [])
        if len(header) < 2:
            raise CsvFileError(
                f"{self.path} has one column only when split at {self.delimiter!r}; "
                "give its delimiter"
            )
        return [name.strip() for name in header]

    def _each_line(self) -> Iterator[str]:
        try:
            while line := self._text.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise CsvFileError(
                        f"{self.path}: line {self._lines + 1} is longer than a megabyte"
                    )
                self._lines += 1
                yield line
        except BROKEN_GZIP as exc:
            raise CsvFileError(f"{self.path} breaks off after line {self._lines}: {exc}") from exc


def sniff_delimiter(text: str) -> str:
    """The delimiter that splits the header into most columns and the next lines alike.

    >>> sniff_delimiter("time;flow, l/min;temp\\n2026-01-01;1,5;2,5\\n")
    ';'
    """
    lines = [line for line in text.splitlines()[:20] if line.strip()]

    def fitness(delimiter: str) -> tuple[bool, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        return counts[0] > 1 and len(set(counts)) == 1, counts[0]

    return max(DELIMITERS, key=fitness)


def digest_of_file(path: Path) -> str:
    """The SHA-256 of the file as it lies there."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
