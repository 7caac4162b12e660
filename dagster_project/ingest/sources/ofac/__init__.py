"""OFAC: the lists of the United States, with their programs.

`raw.ofac_entries` has one row per list entry, the other tables one row per alias, address, program,
identifier, origin (nationality, citizenship, place or date of birth) and listing of an entry. Read here, of the SDN
list and of the consolidated (non-SDN) list alike:

- SDN.XML, in the old and the new namespace;
- SDN_ADVANCED.XML, which alone has the day of each listing and the names in their own script;
- the legacy CSV quartet (entries, aliases, addresses, comments), which has no header, writes `-0-` for nothing and
  ends with a 0x1A byte.

All fill the same tables, and an entry has the same number in all. Of two files of one edition the one that holds more
is in force (LAYOUTS). The other formats (delimited, fixed width, enhanced XML, PDF) are rejected, with the one to take.

    files.py     the tables; recognising and reading files
    advanced.py  reading the advanced XML

Source of the layouts: OFAC, "SDN List data formats", sdnList.xsd and "Advanced Sanctions Data Model"; the advanced
one as public readers of the file quote it in their tests, for no whole file was at hand.
"""

from dagster_project.ingest.sources.ofac.files import LAYOUTS, NAME, TABLES, fetch, read, recognise

__all__ = ["LAYOUTS", "NAME", "TABLES", "fetch", "read", "recognise"]
