"""Text of any layout (CSV, JSON, XML) as UTF-8: how a file's text is written, and its conversion.

One rule for all: a byte-order mark, else the encoding that the text declares, else UTF-8 if all of it is, else
Windows-1252 (which holds the letters of ISO-8859-1) if all of it reads like that, else the file is rejected with the
byte and the row. Names decide who is accused: a doubtful letter is never guessed.

charset-normalizer, which guesses by frequency, was measured on names alone: it reads São Tomé as Săo Tomé, Muñoz as
Muńoz and Côte as C¶te. So Windows-1252 is taken where no word speaks against it, and nothing else is guessed.

Not here: compressed bytes (compression.py), or what a text means (ingest/).
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BufferedIOBase
from typing import BinaryIO

from dagster_project.files.rejection import RejectedFile

CHUNK_BYTES = 1024 * 1024
MARKS = (  # those of UTF-32 first, for UTF-16's begins like one of them
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
DECLARED = (
    re.compile(rb"""\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([^"']{1,60})["']""", re.I),
    re.compile(rb"""\s*<(?:!doctype html|html)\b.{0,2000}?<meta\b[^>]{0,200}?\bcharset\s*=\s*["']?([\w.:-]{1,60})""",
               re.I | re.S),
)  # fmt: skip
SEPARATOR_LINE = re.compile(rb'"?sep=.?"?\r?[\n\r]', re.I)  # Excel's own mark above a table

# Marks that a word is not of Windows-1252, as it looks when it is read as that. The Western languages' own use of
# these letters is spared; that of Estonian, Icelandic and Turkish looks like another code page, and is rejected.
NOT_WESTERN = re.compile(
    r"""
    [ÐÞÝðþý]                                    # Turkish Ğ Ş İ ğ ş ı (1254), or Icelandic
    | [À-ÖØ-öø-ÿŠŽŒšžœŸ]{2}                     # other scripts: Cyrillic, Greek, Hebrew, Arabic, Chinese
    | [^\W\d_](?:[^\w\s!-~‘’–—·´\xa0\xad]|[–—](?=[a-z]))[^\W\d_]    # a sign in a word: Macintosh, DOS, ISO-8859-2
    | [^\W\d_][¼½¾±¶¡¢¤¦¬] | [©¡¶¦¬±](?=[a-z])  # a sign at its end or its beginning
    | [a-zß-öø-ÿ][À-ÖØ-ÞŠŽŒŸ] | [A-Z][À-ÖØ-ÞŠŽŒŸ][a-z]    # a capital in a word: Macintosh, DOS
    | (?i:[b-df-hj-np-qst-z])š[b-df-hj-np-tv-z] # ö (Macintosh)
    | [æÆ](?:\b|[aeiouy]) | [aeiou]è\b | [èÈ][aeiou]     # ć, č (1250)
    | [ñÑ](?![aeiouyAEIOUYáéíóúÁÉÍÓÚ])          # ń (1250): the Spanish letter stands before a vowel
    | [ìÌòÒ][^\W\d_] | [ae]ò\b | ù[^\W\d_]      # ě ň ů (1250): the Italian letters end a word
    | ã(?![eo]) | Ã(?![EO]) | õ(?!e) | Õ(?!E)   # ă ő (1250): the Portuguese letters stand before e and o
    | ê(?:[bdgkz]|s[a-z]) | û(?:\b|[bdjkz]) | ï\b        # ę ű ď (1250)
    | ç[b-df-hj-np-tv-z]                        # ē (1257)
    """,
    re.X,
)
PAIRS = re.compile(  # two such letters in a row that are Western
    r"([éëäöüåøá])\1|ç[ãõâáéêóú]|[áéíóúâü]ñ|[äöüâ]ß|ü[éíó]|åö", re.I
)
# names of at least four columns, and no cell that begins with a digit
HEADER = re.compile(rb"""["']?[^\d,;\t"'][^,;\t]*(?:[,;\t]["']?(?:[^\d,;\t"'][^,;\t]*)?){3,}""")
ACCENTED_WORD = re.compile(rb"[A-Za-z]*[\x80-\xff]+[A-Za-z\x80-\xff]*")


@dataclass(frozen=True)
class Form:
    """How a text is written. `encoding` is Python's name of it; empty: UTF-8 if all of the text is."""

    encoding: str = ""
    mark_bytes: int = 0  # of the byte-order mark before the text
    line_ends: str = ""  # cr: as on the first Macintosh; mixed: some with \r\n and some with \n
    lines_above: int = 0  # Excel's line `sep=;`, which is none of the table's

    @property
    def is_plain(self) -> bool:
        """Whether it can be read as it is, once it has turned out to be UTF-8."""
        return self.encoding in ("", "utf-8") and self == Form(self.encoding)


def form_of(start: bytes) -> Form:
    """How the text is written that begins like this. Raises RejectedFile where it declares an unknown encoding."""
    mark, encoding = next(((mark, name) for mark, name in MARKS if start.startswith(mark)), (b"", ""))
    encoding = encoding or _wide(start) or _declared(start)
    text = start[len(mark) :].decode(encoding or "latin-1", "ignore").encode("utf-8", "replace")
    separator = SEPARATOR_LINE.match(text)
    return Form(encoding, len(mark), "cr" if b"\r" in text and b"\n" not in text else "", 1 if separator else 0)


def as_utf8(start: bytes, form: Form) -> bytes:
    """The beginning of a text in UTF-8, to be looked at: what cannot be decoded is replaced."""
    if not form.encoding:
        form = replace(form, encoding="utf-8" if _is_utf8_start(start) else "cp1252")
    text = start[form.mark_bytes :].decode(form.encoding, "replace").removesuffix("\ufffd")  # a letter cut in two
    text = text.replace("\r", "\n") if form.line_ends == "cr" else text
    return (text.partition("\n")[2] if form.lines_above else text).encode()


def convert(source: BufferedIOBase, form: Form, target: BinaryIO) -> None:
    """Write a text as UTF-8, without its mark, its lines ending as DuckDB reads them.

    Raises RejectedFile, with the row, for bytes that are none of its encoding.
    """
    source.read(form.mark_bytes)
    lines_above = form.lines_above
    for text in _decoded(source, form):
        target.write((text.partition("\n")[2] if lines_above else text).encode())
        lines_above = 0


def check_western(source: BufferedIOBase) -> None:
    """Raise RejectedFile, with byte and row, where a text that is no UTF-8 does not read like Windows-1252."""
    seen: set[bytes] = set()
    row, rest = 1, b""
    while chunk := source.read(CHUNK_BYTES):
        lines, newline, rest = (rest + chunk).rpartition(b"\n")
        _check_words(lines + newline, row, seen)
        row += lines.count(b"\n") + len(newline)
    _check_words(rest, row, seen)


def _check_words(lines: bytes, row: int, seen: set[bytes]) -> None:
    for match in ACCENTED_WORD.finditer(lines):
        word = match.group()
        if word in seen:
            continue
        seen.add(word)
        try:
            doubt = NOT_WESTERN.search(PAIRS.sub("e", word.decode("cp1252")))
        except UnicodeDecodeError:
            doubt = True
        if doubt:
            first = next(byte for byte in word if byte >= 0x80)
            raise RejectedFile(
                f"The text is not UTF-8, and {word.decode('cp1252', 'replace')[:40]!r} (byte 0x{first:02X}) may be of "
                "another encoding than Windows-1252: its names are in doubt.",
                "Use the publisher's own download, or save the file as UTF-8.",
                row=row + lines.count(b"\n", 0, match.start()),
            )


class TextCheck:
    """Follows the bytes of a text without a declared encoding, to see whether they are UTF-8.

    Raises RejectedFile, with the row, for what no text holds, and for a header that comes again.
    """

    def __init__(self, form: Form) -> None:
        self.is_utf8 = True
        self.form = form
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._lines = self._windows_lines = 0
        self._header: bytes | None = None  # the first line; empty where it names no columns
        self._end = b""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if self.form.encoding in WIDE:
            return
        if (place := chunk.find(b"\0")) >= 0:
            raise RejectedFile(
                "The text holds a zero byte, which no text does.",
                "The file is damaged: download it again.",
                row=self._lines + chunk.count(b"\n", 0, place) + 1,
            )
        self._find_header(chunk)
        self._decode(chunk)
        self._lines += chunk.count(b"\n")
        self._windows_lines += chunk.count(b"\r\n")

    def finish(self) -> None:
        """The text has ended, perhaps in the middle of a letter."""
        self._decode(b"", final=True)
        if 0 < self._windows_lines < self._lines:
            self.form = replace(self.form, line_ends="mixed")

    def _decode(self, chunk: bytes, *, final: bool = False) -> None:
        if not self.is_utf8:
            return
        try:
            self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            self.is_utf8 = False
            if self.form.encoding == "utf-8":
                row = self._lines + chunk.count(b"\n", 0, error.start) + 1
                raise not_decoded("UTF-8, as it declares", error, row) from None

    def _find_header(self, chunk: bytes) -> None:
        searched = self._end + chunk
        if self._header is None:
            line, newline, _ = searched.removeprefix(codecs.BOM_UTF8).partition(b"\n")
            if newline or len(searched) > CHUNK_BYTES:
                self._header = b"\n" + line + b"\n" if HEADER.fullmatch(line) else b""
        if self._header:
            if (place := searched.find(self._header)) >= 0:
                raise RejectedFile(
                    "The header comes again in the middle of the file: two files were put together.",
                    "Load each of them by itself.",
                    row=self._lines - self._end.count(b"\n") + searched.count(b"\n", 0, place) + 2,
                )
            searched = searched[-len(self._header) :]
        self._end = b"" if self._header == b"" else searched


def not_decoded(encoding: str, error: UnicodeDecodeError, row: int) -> RejectedFile:
    """The rejection of a text that is not in its own encoding."""
    return RejectedFile(
        f"The text is not {encoding} (byte 0x{error.object[error.start]:02X}).",
        "Use the publisher's own download, or save the file as UTF-8.",
        row=row,
    )


def _decoded(source: BufferedIOBase, form: Form) -> Iterator[str]:
    encoding, lines = form.encoding or "utf-8", 0
    decoder = codecs.getincrementaldecoder(encoding)()
    if form.line_ends:
        decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
    while True:
        chunk = source.read(CHUNK_BYTES)
        try:
            text = decoder.decode(chunk, not chunk)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "ignore")
            raise not_decoded(encoding, error, lines + before.count("\n") + 1) from None
        if "\0" in text:
            raise RejectedFile(
                "The text holds a zero byte, which no text does.",
                "The file is damaged: download it again.",
                row=lines + text.count("\n", 0, text.index("\0")) + 1,
            )
        if text:
            yield text
        if not chunk:
            return
        lines += text.count("\n")


def _wide(start: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: every other byte, or three of four, is zero."""
    if b"\0" not in start[:4]:
        return ""
    for encoding in WIDE:
        text = start[:400].decode(encoding, "ignore")
        if text and sum(" " <= letter <= "~" or letter in "\t\r\n" for letter in text) >= 0.7 * len(text):
            return encoding
    return ""


def _declared(start: bytes) -> str:
    declared = next((match[1] for pattern in DECLARED if (match := pattern.match(start))), b"").decode(
        "ascii", "ignore"
    )
    if not declared:
        return ""
    try:
        encoding = codecs.lookup(declared).name
        b"".decode(encoding)  # a codec that is no encoding of text, such as base64
    except LookupError:
        raise RejectedFile(
            f"The text names an encoding that is not known ({declared[:40]}).",
            "Use the publisher's own download, or save the file as UTF-8.",
        ) from None
    # as every browser reads them: the bytes that those two leave out are Windows-1252
    encoding = "cp1252" if encoding in ("iso8859-1", "ascii") else encoding
    if encoding.startswith(("utf-16", "utf-32")):
        raise RejectedFile(
            f"The text names the encoding {declared[:40]}, and is not written in it.",
            "Use the publisher's own download, or save the file as UTF-8.",
        )
    return encoding


def _is_utf8_start(start: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True
