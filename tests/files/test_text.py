"""Text of any layout as UTF-8: what is read, and what is rejected rather than guessed.

Here belongs the rule for bytes. Not here: what a table or a list makes of them (tests/ingest).
"""

import io

import pytest

from dagster_project.files.rejection import RejectedFile, printable
from dagster_project.files.text import Form, TextCheck, as_utf8, check_western, convert, form_of

WESTERN = (
    "Türkiye",
    "Côte d’Ivoire",
    "Curaçao",
    "Åland Islands",
    "São Tomé e Príncipe",
    "Muñoz Núñez, España",
    "Sørensen A/S Ålborg, Læsø",
    "Société Générale, Genève, règle première, août",
    "Größe, Straße, ÖBB",
    "exportação, informações",
    "Niccolò, Forlì, Cefalù",
    "CÔTE D'IVOIRE, CURAÇAO, TÜRKIYE",
    "25 °C, 3 m³, “x”, Paris–Dakar, €5",
)
OTHERS = (
    ("cp1250", "Petrovič"),
    ("cp1250", "Dvořák"),
    ("cp1250", "Łódź"),
    ("cp1250", "Gdańsk"),
    ("cp1250", "Győr"),
    ("cp1250", "Bacău"),
    ("iso8859-2", "Škoda"),
    ("cp1251", "Турция"),
    ("koi8-r", "Россия"),
    ("cp866", "Россия"),
    ("iso8859-5", "Россия"),
    ("cp1253", "Ελλάδα"),
    ("cp1254", "İstanbul"),
    ("cp1254", "Işık"),
    ("cp1255", "ישראל"),
    ("cp1256", "شركة"),
    ("cp1257", "Rēzekne"),
    ("mac_roman", "Türkiye"),
    ("mac_roman", "Côte"),
    ("mac_roman", "Köln"),
    ("cp850", "Curaçao"),
    ("cp850", "Réunion"),
    ("gbk", "深圳市"),
    ("cp932", "株式会社"),
    ("cp949", "주식회사"),
)


def converted(content: bytes, form: Form) -> str:
    target = io.BytesIO()
    convert(io.BytesIO(content), form, target)
    return target.getvalue().decode()


@pytest.mark.parametrize("name", WESTERN)
def test_western_names_in_windows_1252_are_read_as_they_are(name):
    check_western(io.BytesIO(f"a,b\n1,{name}\n".encode("cp1252")))
    assert name in converted(f"a,b\n1,{name}\n".encode("cp1252"), Form("cp1252"))


@pytest.mark.parametrize("encoding, name", OTHERS)
def test_a_name_in_another_code_page_is_rejected_with_byte_and_row(encoding, name):
    first = next(byte for byte in name.encode(encoding) if byte >= 0x80)
    with pytest.raises(RejectedFile, match=f"byte 0x{first:02X}") as rejected:
        check_western(io.BytesIO(f"a,b\n1,x\n2,{name}\n".encode(encoding)))
    assert rejected.value.row == 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_a_byte_order_mark_or_the_zeros_tell_the_encoding(encoding):
    content = "a,b\r\n1,Türkiye, Россия\r\n".encode(encoding)
    form = form_of(content)
    assert converted(content, form) == "a,b\r\n1,Türkiye, Россия\r\n"
    assert as_utf8(content, form) == "a,b\r\n1,Türkiye, Россия\r\n".encode()


@pytest.mark.parametrize(
    "declared, encoding",
    [("ISO-8859-1", "cp1252"), ("windows-1251", "cp1251"), ("KOI8-R", "koi8-r"), ("utf8", "utf-8")],
)
def test_xml_is_read_in_the_encoding_it_declares(declared, encoding):
    text = f'<?xml version="1.0" encoding="{declared}"?>\n<a>{"Россия" if "1252" not in encoding else "Côte"}</a>\n'
    form = form_of(text.encode(encoding))
    assert form.encoding == encoding
    assert converted(text.encode(encoding), form) == text


@pytest.mark.parametrize("declared", ["klingon", "base64", "utf-16", "x" * 60])
def test_an_encoding_that_is_unknown_or_untrue_is_rejected(declared):
    with pytest.raises(RejectedFile, match="The text names "):
        form_of(f'<?xml version="1.0" encoding="{declared}"?><a/>'.encode())


def test_what_is_no_utf_8_though_it_says_so_is_rejected_with_its_row():
    check = TextCheck(form_of(b'<?xml version="1.0" encoding="UTF-8"?>\n<a>\n'))
    with pytest.raises(RejectedFile, match=r"not UTF-8, as it declares \(byte 0xF4\)") as rejected:
        check.feed(b"<?xml?>\n<a>\nC\xf4te</a>")
    assert rejected.value.row == 3


def test_a_letter_that_is_cut_in_two_at_the_end_is_no_utf_8():
    check = TextCheck(Form())
    check.feed("Türkiye".encode()[:2])
    check.finish()
    assert not check.is_utf8


def test_a_letter_over_two_chunks_is_one():
    check = TextCheck(Form())
    for byte in "a,Türkiye\n".encode():
        check.feed(bytes([byte]))
    check.finish()
    assert check.is_utf8


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_header_that_comes_again_is_found_over_any_chunks(size):
    content = b"code,name,value,unit\n1,2,3,4\n5,6,7,8\ncode,name,value,unit\n9,9,9,9\n"
    check = TextCheck(Form())
    with pytest.raises(RejectedFile, match="header comes again") as rejected:
        for place in range(0, len(content), size):
            check.feed(content[place : place + size])
    assert rejected.value.row == 4


@pytest.mark.parametrize("content", [b"1,2,3,4\n1,2,3,4\n", b"a,b,c\na,b,c\n", b'{"a":\n{"a":\n'])
def test_a_line_that_names_no_columns_may_come_again(content):
    check = TextCheck(Form())
    check.feed(content)
    check.finish()


@pytest.mark.parametrize(
    "content", [b"a,b\r1,2\r", b"a,b\r\n1,2\n", b"sep=;\r\na,b\r\n1,2\r\n", b'"sep=;"\na,b\n1,2\n']
)
def test_line_ends_and_excels_own_first_line_are_made_plain(content):
    check = TextCheck(form_of(content))
    check.feed(content)
    check.finish()
    assert converted(content, check.form).replace("\r", "") == "a,b\n1,2\n"
    assert check.form.lines_above == content.count(b"sep=")


def test_what_cannot_be_shown_is_escaped():
    assert printable("a\n\x1b[31m\udce9\u202eé") == "a\\n\\x1b[31m\\xe9\\u202eé"
