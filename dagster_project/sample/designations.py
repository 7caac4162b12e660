"""Real designations, quoted as facts, in the layout of OFAC's SDN list (sdn.xml).

Belongs here: a short extract of a public list. Does not belong here: anything invented. The companies below
were designated under Executive Order 14024 and stand on the SDN list of 7 May 2024, with number, name, city
and country as printed there; aliases, street addresses and identifiers are left out. The trade around them is
simulated and says nothing about them.
"""

from pathlib import Path
from xml.sax.saxutils import escape

PUBLISHED = "05/07/2024"
PROGRAM = "RUSSIA-EO14024"
# Designated under a second programme as well.
ALSO_UNDER = {18726: "UKRAINE-EO13662"}

# uid, name, city, country
DESIGNATIONS = [
    (18726, "VTB BANK GEORGIA JOINT STOCK COMPANY", "Tbilisi", "Georgia"),
    (37847, "PRIVATE COMPANY PROMCOMPLEKTLOGISTIC", "Tashkent", "Uzbekistan"),
    (38660, "TACO LLC", "Yerevan", "Armenia"),
    (38796, "MILUR ELECTRONICS LLC", "Yerevan", "Armenia"),
    (41478, "AEROMOTUS UNMANNED AERIAL VEHICLES TRADING LLC", "Dubai", "United Arab Emirates"),
    (41861, "KING-PAI TECHNOLOGY HK CO., LIMITED", "Hong Kong", "China"),
    (41936, "DEXIAS INTERNATIONAL PRODUCTS AND TRADE LIMITED COMPANY", "Istanbul", "Turkey"),
    (42033, "AZU INTERNATIONAL BILGI TEKNOLOJILERI VE DIS TICARET LIMITED SIRKETI", "Istanbul", "Turkey"),
    (43144, "BEIJING LUCHENG WEIYE TECHNOLOGY DEVELOPMENT COMPANY LIMITED", "Beijing", "China"),
    (44000, "LLC RM DESIGN AND DEVELOPMENT", "Bishkek", "Kyrgyzstan"),
    (44024, "OSOO PROGRESS LIDER", "Bishkek", "Kyrgyzstan"),
    (44028, "ZAO GTME TEKHNOLOGII", "Bishkek", "Kyrgyzstan"),
    (44030, "OSOO KARGOLAYN", "Bishkek", "Kyrgyzstan"),
    (45730, "MOBITRONIX LLC", "Dubai", "United Arab Emirates"),
    (45733, "365 DAYS FREIGHT SERVICES FZCO", "Dubai", "United Arab Emirates"),
    (45743, "BASILEVS LOJISTIK MEDIKAL TARIM TICARET VE SANAYI LIMITED SIRKETI", "Antalya", "Turkey"),
    (45829, "CHINA TALY AVIATION TECHNOLOGIES CORP.", "Beijing", "China"),
    (45980, "BLIKSEM COMPUTERS & REQUISITES TRADING COMPANY LLC", "Dubai", "United Arab Emirates"),
    (46027, "OOO MVIZION", "Tashkent", "Uzbekistan"),
    (46508, "AMC SERVICE FZE", "Sharjah", "United Arab Emirates"),
    (46509, "SKYPARTS FZCO", "Dubai", "United Arab Emirates"),
    (46628, "MEGASAN ELEKTRONIK TICARET VE SANAYI ANONIM SIRKETI", "Istanbul", "Turkey"),
    (46633, "WUHAN GLOBAL SENSOR TECHNOLOGY CO., LTD.", "Wuhan", "China"),
    (46669, "CHANG GUANG SATELLITE TECHNOLOGY CO., LTD.", "Changchun", "China"),
    (46671, "WEITMANN HANDELN ALLIANZ LLC", "Bishkek", "Kyrgyzstan"),
    (46712, "C&I SEMICONDUCTORS CO LIMITED", "Hong Kong", "China"),
    (46725, "UU INNOVATION TECHNOLOGY CO LTD", "Shenzhen", "China"),
    (46733, "ROBOTRONIX SEMICONDUCTORS LIMITED", "Hong Kong", "China"),
    (47923, "LIMITED LIABILITY PARTNERSHIP DA GROUP 22", "Astana", "Kazakhstan"),
    (47950, "LIMITED LIABILITY PARTNERSHIP ELEM GROUP", "Almaty", "Kazakhstan"),
    (48802, "TRO YA LLC", "Tokmok", "Kyrgyzstan"),
]

_HEAD = """<?xml version="1.0" standalone="yes"?>
<!-- Real designations, quoted as facts from OFAC's SDN list of 7 May 2024, shortened. This file lies beside
     SIMULATED trade, which says nothing about the companies named here. -->
<sdnList xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML">
"""  # noqa: E501


def write_designations(path: Path) -> None:
    """Writes the extract as an SDN list, entries by number."""
    publication = (
        "  <publshInformation>\n"
        f"    <Publish_Date>{PUBLISHED}</Publish_Date>\n"
        f"    <Record_Count>{len(DESIGNATIONS)}</Record_Count>\n"
        "  </publshInformation>\n"
    )
    entries = "".join(_entry(*row) for row in sorted(DESIGNATIONS))
    path.write_text(_HEAD + publication + entries + "</sdnList>\n", encoding="utf-8")


def _entry(uid: int, name: str, city: str, country: str) -> str:
    """The layout wants a number for the address too; it repeats the entry's own."""
    programs = [p for p in (ALSO_UNDER.get(uid), PROGRAM) if p]
    return (
        "  <sdnEntry>\n"
        f"    <uid>{uid}</uid>\n"
        f"    <lastName>{escape(name)}</lastName>\n"
        "    <sdnType>Entity</sdnType>\n"
        "    <programList>\n" + "".join(f"      <program>{p}</program>\n" for p in programs) + "    </programList>\n"
        "    <addressList>\n"
        "      <address>\n"
        f"        <uid>{uid}</uid>\n"
        f"        <city>{escape(city)}</city>\n"
        f"        <country>{escape(country)}</country>\n"
        "      </address>\n"
        "    </addressList>\n"
        "  </sdnEntry>\n"
    )
