"""XML from publishers, element by element, without the attacks that XML allows."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedIOBase
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, iterparse

from dagster_project.files.rejection import RejectedFile


def elements(stream: BufferedIOBase) -> Iterator[Element]:
    """Every element of an XML file when it ends, so children before their parents; the caller clears what it has read.

    The bytes are UTF-8, whatever the file declares: landing.py converts it before it is read.
    Raises RejectedFile for a file that breaks off, is malformed, or defines entities.
    """
    try:
        parser = DefusedXMLParser(target=TreeBuilder(), encoding="utf-8")
        for _, element in iterparse(stream, events=("end",), parser=parser):
            yield element
    except ParseError as error:
        raise RejectedFile(f"The XML breaks off or is malformed ({error}).", "Download the list again.") from None
    except DefusedXmlException as error:
        raise RejectedFile(
            f"The XML defines entities ({type(error).__name__}), as an attack would; it was not read.",
            "Download the list from its publisher.",
        ) from None
    except (OSError, EOFError) as error:
        raise RejectedFile(f"The file cannot be read to its end ({error}).", "Download the list again.") from None


def local_name(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def child_texts(element: Element) -> dict[str, str | None]:
    """The texts of the children that have no children themselves, by local name; blank is None."""
    return {local_name(child): (child.text or "").strip() or None for child in element if len(child) == 0}
