"""Name pools, all fictional: first and last names of people, and words that firms are named from.

A few are awkward on purpose (apostrophes, accents, hyphens, one letter, long), because mappings break there.
"""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    """
    Ada Adaeze Aiko Alba Alma Amara Amit Anand Anneke Anouk Anselm Arjun Astrid Aurelio Ava Beatriz Ben
    Bianca Björn Brigid Caleb Camila Carla Cedric Chidi Chloé Cosmo D'Arcy Dalia Dario Delia Dev Dmitri
    Edith Eero Elena Elias Ellen Emre Esme Esteban Ewan Fatima Felix Fiona Flora Freya Gideon Gita Goran
    Grace Greta Hana Harun Helen Hugo Ida Ilse Imogen Ines Ingrid Iris Isaac Ivan Ivy Jasper Jia Joanna
    Joaquín Jonas Jude Juno Kai Kamala Karim Keiko Kofi Lars Leila Leon Lena Linnea Lior Lucia Luka
    Maeve Magnus Malik Mara Marco Maren Marta Mateo Maximiliana Mei Mila Mina Naomi Nadia Neil Nia Nils
    Noor O Odette Olga Omar Otto Paloma Pavel Petra Pia Priya Quentin Rafael Ravi Renée Rhea Rosa Ruben
    Rufus Sadia Salma Samir Sanne Sara Selma Silas Simone Siobhán Sofia Sven Tamsin Tariq Tessa Theo
    Tilda Tomas Uma Ursula Vera Viktor Violet Wanda Wei Willa Xavier Yara Yusuf Zadie Zelda Zora Zoë
    """
)

LAST_NAMES = _words(
    """
    Abernethy Achterberg Adeyemi Aldermaston Amsel Anselmi Ashgrove Babatunde Bancroft Barlowe Beaumaris
    Bellweather Bergstrand Blackthorne Boateng Bramhall Brightwater Calloway Cardenas Castellan
    Chaudhary Clearwater Coldwell Corrigan Crowhurst D'Angelis Dalgaard Davenant Delacroix-Whitcombe
    Demirel Dunmore Eastlake Edevane Ekwueme Elderfield Engström Fairweather Falkner Farrow Fenwick
    Ferreira Finchley Fothergill Galbraith Garrity Gillingham Goldhawk Granger Greaves Grünwald
    Hallowell Harcastle Hawthorne Heidelmann Holloway Ibarra Ingleby Iyer Jägermann Jessop Kallström
    Karanja Kestrel Kilbride Kingsley Kowalczyk Krishnan Lambourne Langstrom Larkspur Lindqvist Lockhart
    Lovelace Ma Mackintyre Marchetti Marlowe Mbeki Meadowcroft Merriweather Montgomery-Featherstonehaugh
    Moreau Mukherjee Nakagawa Nightingale Norwood Núñez O'Brennan O'Hallaran Okafor Oldcastle Olufsen
    Osei Ottoline Pankhurst Pemberton Penhaligon Petrov Pickering Pomeroy Quarles Quigley Radcliffe
    Ramaswamy Ravenscroft Rosendahl Rutherglen Sandoval Santangelo Sedgewick Shimura Silverdale Sorensen
    Stapleton Stonebridge Strand Sundaram Takahara Tallis Tanaka Teixeira Thackeray Thistlewood
    Thornbury Tremaine Umarov Underhill Valdez Vance Varga Venkataraman Wadsworth Waverley Weatherby
    Whitlock Wickham Winterbourne Wójcik Wren Yamamori Yarrow Yilmaz Zamora Zeller Zielinski
    """
)

FIRM_WORDS = _words(
    """
    Alderquill Amberlock Arkenfold Ashvale Bexmoor Brambleford Brindlewick Calderis Cindermere
    Clovenhall Corvane Dapplemark Dovrelane Dunharrow Eldermoss Emberlyn Fallowgate Fernhollow
    Galdermont Glimmerfen Graywick Halvorne Hazelcombe Ironvale Jessamere Kelpstone Kindlewood Larchmere
    Lindenvoss Lorimarch Marrowdale Mistlethorpe Nettlebrook Norvane Oakhollow Orrinfield Ostervane
    Palefern Pennywhistle Quillmark Quonset-Reyes Ravelstone Rookhaven Saltmarrow Sablecrest
    Silverthatch Sorrelby Stagmoor Tamarisk-Vole Thornwick Umberlane Vantrell Velmora Wexcombe
    Whistledown Willowmere Windermark Wolvercote Yarrowgate Zephyrine
    """
)

FIRM_TRADES: tuple[str, ...] = (
    "Freight",
    "Foods",
    "Robotics",
    "Mutual",
    "Health",
    "Energy",
    "Outfitters",
    "Aerospace",
    "Logistics",
    "Paper & Pulp",
    "Insurance",
    "Pharma",
    "Brothers'",
    "Hotels",
    "Semiconductor",
    "Water Works",
    "Cinémas",
    "Motors",
    "Textiles",
    "Credit Union",
    "Bottling",
    "Railways",
    "Publishing",
    "Shipyards",
    "Dairy",
)

FIRM_FORMS: tuple[str, ...] = ("Inc.", "LLC", "Corp.", "Co.", "Holdings, Inc.")

STREETS: tuple[str, ...] = (
    "Orchard Row",
    "Lantern Street",
    "Cooper's Yard",
    "Mill Race Road",
    "Juniper Avenue",
    "Old Tannery Lane",
    "Kestrel Way",
    "Foundry Square",
    "Harvest Boulevard",
    "Signal Hill Drive",
    "Saint Aubin Street",
    "Copperfield Court",
)

NOTES: tuple[str, ...] = (
    "Workshop with the client's finance team",
    "Data mapping, second pass",
    "Configuration and unit tests",
    "Steering committee papers",
    "Defect triage",
    "Café review – open points",
    'Build: "interface 7"',
    "UAT support",
    "Migration dry run",
    "Design, client's order-to-cash",
    "",
    "Handover notes; see tracker",
)

SKILLS: tuple[str, ...] = (
    "Change management",
    "Cloud architecture",
    "Data modelling",
    "ERP finance",
    "Integration design",
    "Process mining",
    "Project management",
    "Python",
    "SQL",
    "Test automation",
)
