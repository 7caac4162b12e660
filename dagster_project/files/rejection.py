"""Why a file is not loaded: the one exception every reader of files raises, and the one boundary for all others."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

MACHINE_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE}


class MachineFailure(RuntimeError):
    """What any file would meet as well, such as a full disk: the run stops with this sentence, no file is blamed."""

    @classmethod
    def of(cls, error: Exception) -> MachineFailure:
        """The failure behind an error of the operating system or of DuckDB."""
        return cls(
            f"The machine stops the run ({printable(' '.join(str(error).split()))[:200]}). "
            "Make room or allow writing, and run again: what was published before is as it was."
        )


class RejectedFile(Exception):
    """A file that is not loaded, as one sentence a person can act on.

    `file` and `row` say where, `rule` the cause, `remedy` the action. `passing` is true when the cause lies in the
    moment and not in the bytes: the same bytes may be good at the next run. `is_unforeseen`: no rule rejects it, but
    an exception that nobody foresaw.
    """

    def __init__(
        self,
        rule: str,
        remedy: str,
        *,
        file: str = "",
        row: int | None = None,
        passing: bool = False,
        is_unforeseen: bool = False,
    ):
        self.rule, self.remedy, self.file, self.row = rule, remedy, file, row
        self.passing, self.is_unforeseen = passing, is_unforeseen
        super().__init__(str(self))

    def __str__(self) -> str:
        where = self.file + (f", row {self.row:,}" if self.row is not None else "")
        return ((f"{where}: " if where else "") + f"{self.rule} {self.remedy}").strip()

    def at(self, file: str, *, lines_above: int = 0) -> RejectedFile:
        """The same rejection, with the name of the file in front of its sentence; `lines_above`: how many lines of
        the file stand above those that its row was counted from."""
        return RejectedFile(
            self.rule,
            self.remedy,
            file=file,
            row=None if self.row is None else self.row + lines_above,
            passing=self.passing,
            is_unforeseen=self.is_unforeseen,
        )


@contextmanager
def rejecting(action: str) -> Iterator[None]:
    """What goes wrong with the one file that is handled inside rejects that file. `action`: opened, recognised, loaded.

    An exception that nobody foresaw is named by its class, and logged with its trace at debug level. What any other
    file would meet as well (a full disk) passes through.
    """
    try:
        yield
    except (RejectedFile, MachineFailure):
        raise
    except OSError as error:
        if error.errno in MACHINE_ERRNOS:
            raise MachineFailure.of(error) from error
        raise RejectedFile(
            f"It cannot be {action} ({printable(error.strerror or str(error))}).",
            "Allow reading it, or take it out of the folder.",
            passing=error.errno is not None,
        ) from error
    except MemoryError as error:
        raise RejectedFile(
            f"It cannot be {action} in the memory of this machine.",
            "Load it in smaller parts, or on a larger machine.",
            passing=True,
        ) from error
    except Exception as error:
        logger.debug("A file could not be %s.", action, exc_info=True)
        reason = printable(" ".join(str(error).split()))[:120]
        raise RejectedFile(
            f"It cannot be {action} ({' '.join(filter(None, (type(error).__name__, reason)))}).",
            "The file is probably damaged or was edited: download it again. If it is the publisher's own, report this.",
            is_unforeseen=True,
        ) from error


def printable(text: str) -> str:
    """A text from outside as one line that any terminal, file and database takes: what cannot be shown is escaped."""
    return "".join(
        character
        if character.isprintable()
        else f"\\x{ord(character) - 0xDC00:02x}"  # a byte of a file name that is no UTF-8, as Python keeps it
        if 0xDC80 <= ord(character) <= 0xDCFF
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )
