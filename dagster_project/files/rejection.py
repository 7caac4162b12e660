"""Why a file is not loaded: the one exception every reader of files raises."""

from __future__ import annotations


class RejectedFile(Exception):
    """A file that is not loaded, as one sentence a person can act on.

    `file` and `row` say where, `rule` the cause, `remedy` the action. `passing` is true when the cause lies in the
    moment and not in the bytes: the same bytes may be good at the next run.
    """

    def __init__(self, rule: str, remedy: str, *, file: str = "", row: int | None = None, passing: bool = False):
        self.rule, self.remedy, self.file, self.row, self.passing = rule, remedy, file, row, passing
        super().__init__(str(self))

    def __str__(self) -> str:
        where = self.file + (f", row {self.row:,}" if self.row is not None else "")
        return ((f"{where}: " if where else "") + f"{self.rule} {self.remedy}").strip()

    def at(self, file: str) -> RejectedFile:
        """The same rejection, with the name of the file in front of its sentence."""
        return RejectedFile(self.rule, self.remedy, file=file, row=self.row, passing=self.passing)
