"""Germany for the firm's Berlin company: nationwide holidays, places nearby, words that firms are named from.

Holidays are those kept in every state and fall on Monday to Friday; a Saturday holiday is not moved here.
The words are others than those of the American pools, so that no customer of one company is taken
for one of the other.
"""

GERMAN_HOLIDAYS: tuple[int, ...] = (  # YYYYMMDD
    20240101,
    20240329,
    20240401,
    20240501,
    20240509,
    20240520,
    20241003,
    20241225,
    20241226,
    20250101,
    20250418,
    20250421,
    20250501,
    20250529,
    20250609,
    20251003,
    20251225,
    20251226,
    20260101,
    20260403,
    20260406,
    20260501,
    20260514,
    20260525,
    20261225,
    20270101,
    20270326,
    20270329,
    20270506,
    20270517,
    20280414,
    20280417,
    20280501,
    20280525,
    20280605,
    20281003,
    20281225,
    20281226,
    20290101,
    20290330,
    20290402,
    20290501,
    20290510,
    20290521,
    20291003,
    20291225,
    20291226,
    20300101,
    20300419,
    20300422,
    20300501,
    20300530,
    20300610,
    20301003,
    20301225,
    20301226,
    20310101,
    20310411,
    20310414,
    20310501,
    20310522,
    20310602,
    20311003,
    20311225,
    20311226,
    20320101,
    20320326,
    20320329,
    20320506,
    20320517,
)

# country, city, postcode
PLACES: tuple[tuple[str, str, str], ...] = (
    ("DE", "Berlin", "10115"),
    ("DE", "Hamburg", "20095"),
    ("DE", "München", "80331"),
    ("DE", "Köln", "50667"),
    ("DE", "Frankfurt am Main", "60311"),
    ("DE", "Stuttgart", "70173"),
    ("DE", "Leipzig", "04109"),
    ("DE", "Münster", "48143"),
    ("FR", "Lyon", "69002"),
    ("FR", "Nantes", "44000"),
    ("AT", "Wien", "1010"),
    ("AT", "Graz", "8010"),
    ("BE", "Gent", "9000"),
    ("BE", "Liège", "4000"),
    ("CH", "Zürich", "8001"),
    ("CH", "Basel", "4051"),
)

# percent x 10^4 of the class STANDARD
STANDARD_PERCENT_E4: tuple[tuple[str, int], ...] = (
    ("AT", 200_000),
    ("BE", 210_000),
    ("DE", 190_000),
    ("FR", 200_000),
)

FORMS: dict[str, tuple[str, ...]] = {
    "DE": ("GmbH", "AG", "SE", "GmbH & Co. KG"),
    "FR": ("SAS", "SARL"),
    "AT": ("GmbH", "AG"),
    "BE": ("NV", "SA"),
    "CH": ("AG", "SA"),
    "US": ("Inc.", "LLC"),
}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRM_WORDS: tuple[str, ...] = _words(
    """
    Ahornfels Birkenau-Voss Brunnthal Dornwald Eichengrund Elsterhof Falkenried Finkenmoor Grünspecht
    Haselbruck Immenstein Jaspertal Kaltenquell Lerchenhain Lindwurm Möwensand Nebelhorst Ostenfurt
    Pappelgrund Quellenrode Rabenklamm Rosswinkel Schilfmeer Silberdistel Tannenbach Uhlenbrook
    Vogelsang-Ott Weidenkamp Wolkenburg Zaunkamp
    """
)

FIRM_TRADES: tuple[str, ...] = (
    "Spedition",
    "Maschinenbau",
    "Versicherung",
    "Energie",
    "Chemie",
    "Textil",
    "Kliniken",
    "Verlag",
    "Messtechnik",
    "Molkerei",
    "Reederei",
    "Bäckerei",
    "Optik",
)

STREETS: tuple[str, ...] = (
    "Lindenweg",
    "Mühlengasse",
    "Gartenring",
    "Am Alten Speicher",
    "Straße der Töpfer",
    "Kranichufer",
    "Buchenallee",
    "Salzhof",
)
