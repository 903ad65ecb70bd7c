"""What names, places and products are made of. All of it is invented or in public use.

E-mail domains end in `.example`. Phone numbers come from ranges that regulators keep for
fiction, or, where a country has none, from numbers that its plan cannot assign (subscriber
numbers that begin with 0).
"""

from __future__ import annotations

from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    """The words of a text; an underscore stands for a space inside one."""
    return tuple(word.replace("_", " ") for word in text.split())


@dataclass(frozen=True)
class Place:
    city: str
    region: str
    country: str
    postal_code: str
    latitude: float
    longitude: float


PLACES: dict[str, tuple[Place, ...]] = {
    "DE": (
        Place("Berlin", "Berlin", "DE", "10115", 52.532, 13.384),
        Place("Hamburg", "Hamburg", "DE", "20095", 53.551, 10.001),
        Place("München", "Bayern", "DE", "80331", 48.137, 11.575),
        Place("Köln", "Nordrhein-Westfalen", "DE", "50667", 50.938, 6.957),
        Place("Frankfurt", "Hessen", "DE", "60311", 50.111, 8.682),
        Place("Dresden", "Sachsen", "DE", "01067", 51.059, 13.726),
    ),
    "AT": (
        Place("Wien", "Wien", "AT", "1010", 48.208, 16.372),
        Place("Graz", "Steiermark", "AT", "8010", 47.071, 15.439),
        Place("Linz", "Oberösterreich", "AT", "4020", 48.306, 14.286),
    ),
    "CH": (
        Place("Zürich", "Zürich", "CH", "8001", 47.372, 8.541),
        Place("Basel", "Basel-Stadt", "CH", "4001", 47.558, 7.588),
        Place("Genève", "Genève", "CH", "1201", 46.208, 6.143),
    ),
    "FR": (
        Place("Lyon", "Rhône", "FR", "69001", 45.768, 4.834),
        Place("Lille", "Nord", "FR", "59000", 50.632, 3.058),
    ),
    "IT": (Place("Torino", "Piemonte", "IT", "10121", 45.070, 7.687),),
    "NL": (
        Place("Utrecht", "Utrecht", "NL", "3511", 52.091, 5.122),
        Place("Eindhoven", "Noord-Brabant", "NL", "5611", 51.441, 5.470),
    ),
    "GB": (Place("Leeds", "Yorkshire", "GB", "LS1 4AP", 53.797, -1.548),),
    "SE": (Place("Malmö", "Skåne", "SE", "211 20", 55.605, 13.003),),
    "US": (Place("Dayton", "Ohio", "US", "45402", 39.759, -84.192),),
}

COUNTRY_WEIGHTS = {
    "DE": 0.44,
    "AT": 0.16,
    "CH": 0.15,
    "FR": 0.07,
    "NL": 0.07,
    "IT": 0.04,
    "GB": 0.03,
    "US": 0.025,
    "SE": 0.015,
}
CURRENCIES = {"CH": "CHF", "US": "USD"}
LANGUAGES = {"DE": "de", "AT": "de", "CH": "de", "FR": "fr", "IT": "it", "NL": "nl", "SE": "sv"}

# (country calling code, prefix of the range, digits left)
PHONE_RANGES: dict[str, tuple[tuple[str, str, int], ...]] = {
    "DE": (
        ("49", "30 23125", 3),
        ("49", "40 66969", 3),
        ("49", "69 90009", 3),
        ("49", "89 99998", 3),
        ("49", "221 4710", 3),
    ),
    "AT": (("43", "1 0", 6), ("43", "316 0", 5), ("43", "732 0", 5)),
    "CH": (("41", "44 0", 6), ("41", "61 0", 6), ("41", "22 0", 6)),
    "FR": (("33", "1 99 00", 4), ("33", "6 39 98", 4)),
    "IT": (("39", "011 0", 6),),
    "NL": (("31", "30 0", 6), ("31", "40 0", 6)),
    "GB": (("44", "113 496 0", 3),),
    "SE": (("46", "40 628 04", 2), ("46", "70 1740", 3)),
    "US": (("1", "937 555 01", 2), ("1", "614 555 01", 2)),
}

FIRST_NAMES: dict[str, tuple[str, ...]] = {
    "f": _words(
        """
        Anna Maria Julia Laura Sabine Petra Monika Claudia Eva Nina Lena Sofia Clara
        Ines Karin Ute Heike Birgit Martina Elena Chiara Giulia Camille Léa Zoé Renée
        Femke Sanne Emma Alice Helen Åsa Ingrid Katja Mia Johanna Theresa Ursula Silvia
        Vera
        """
    ),
    "m": _words(
        """
        Jan Max Paul Lukas Felix Thomas Stefan Andreas Michael Peter Jürgen Günter Uwe
        Ralf Björn Jörg Matteo Luca Marco Hugo Louis Théo René Daan Sem Oliver Harry
        James Erik Lars Jonas David Simon Tobias Martin Robert Walter Bernd Klaus Emil
        """
    ),
}
LAST_NAMES = _words(
    """
        Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch
        Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger
        Hofmann Hartmann Lange Werner Krause Lehmann Köhler Maier König Huber Kaiser
        Fuchs Scholz Möller Weiß Jung Hahn Vogel Gruber Pichler Steiner Moser Egger
        Brunner Keller Frei Graf Baumann Meier Dubois Moreau Lefèvre Girard Rossi
        Bianchi Ferrari Conti Jansen Bakker Visser Smit Walker Hughes Carter Berg
        Lindqvist Nyström O'Neill Reed
        """
)
COMPANY_STEMS = _words(
    """
        Alpen Nord Süd Rhein Donau Isar Elbe Main Neckar Hanse Inn Aare Limmat Jura
        Saale Ruhr Spree Weser Mosel Havel Taunus Harz Eifel Arlberg Tauern Berner
        Emmental Seetal Waldviertel Lausitz
        """
)
COMPANY_CRAFTS = _words(
    """
        Hydraulik Pumpen Anlagenbau Maschinenbau Wassertechnik Filterbau Chemie Brauerei
        Molkerei Papier Stahlbau Energie Kältetechnik Messtechnik Rohrbau Lackwerk
        Textil Kunststoff Agrar Logistik
        """
)
LEGAL_FORMS: dict[str, tuple[str, ...]] = {
    "DE": ("GmbH", "AG", "GmbH & Co. KG", "KG", "e.K."),
    "AT": ("GmbH", "AG", "OG"),
    "CH": ("AG", "GmbH", "Sàrl"),
    "FR": ("SARL", "SAS"),
    "IT": ("S.r.l.", "S.p.A."),
    "NL": ("B.V.", "N.V."),
    "GB": ("Ltd", "plc"),
    "SE": ("AB",),
    "US": ("Inc.", "LLC"),
}
INDUSTRIES = {
    "Hydraulik": "machinery",
    "Pumpen": "machinery",
    "Anlagenbau": "machinery",
    "Maschinenbau": "machinery",
    "Wassertechnik": "water",
    "Filterbau": "machinery",
    "Chemie": "chemicals",
    "Brauerei": "food",
    "Molkerei": "food",
    "Papier": "paper",
    "Stahlbau": "metal",
    "Energie": "energy",
    "Kältetechnik": "energy",
    "Messtechnik": "electronics",
    "Rohrbau": "metal",
    "Lackwerk": "chemicals",
    "Textil": "textiles",
    "Kunststoff": "chemicals",
    "Agrar": "agriculture",
    "Logistik": "logistics",
}
STREETS = _words(
    """
    Hauptstr. Bahnhofstr. Gartenweg Lindenallee Industriestr. Am_Markt Ringstr. Schulgasse
    Hafenstr. Bergweg
    """
)
MAIL_HOSTS = ("post.example", "mail.example", "web.example")
OWNERS = ("Abel", "Berger", "Czerny", "Dorn", "Ebner", "Faber")
ROLES = ("purchasing", "maintenance", "management", "engineering")

# category -> (subcategory, name, unit price in EUR)
PRODUCTS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "Pumps": (
        ("hand", "Hand pump HP 5", 49),
        ("hand", "Drum pump FP 10", 129),
        ("gear", "Gear pump GP 20", 390),
        ("gear", "Gear pump GP 40", 720),
        ("dosing", "Dosing pump DP 2", 540),
        ("dosing", "Dosing pump DP 8", 980),
        ("centrifugal", "Centrifugal pump CP 50", 1450),
        ("centrifugal", "Centrifugal pump CP 90", 2600),
        ("vacuum", "Vacuum pump VP 30", 1890),
    ),
    "Valves": (
        ("ball", "Ball valve BV 15", 18),
        ("ball", "Ball valve BV 50", 74),
        ("check", "Check valve RV 25", 42),
        ("check", "Check valve RV 80", 210),
        ("solenoid", "Solenoid valve SV 12", 138),
        ("solenoid", "Solenoid valve SV 40", 420),
        ("control", "Control valve KV 50", 860),
        ("control", "Control valve KV 100", 1640),
    ),
    "Filters": (
        ("cartridge", "Cartridge 5 µm", 9),
        ("cartridge", "Cartridge 50 µm", 7),
        ("bag", "Filter bag B1", 14),
        ("bag", "Filter bag B4", 32),
        ("housing", "Filter housing FH 10", 96),
        ("housing", "Filter housing FH 20", 240),
        ("air", "Air filter AF 3", 27),
    ),
    "Sensors": (
        ("temperature", "Thermometer T 1", 19),
        ("temperature", "Temperature probe TP 4", 88),
        ("pressure", "Pressure gauge PG 6", 35),
        ("pressure", "Pressure sensor PS 16", 165),
        ("flow", "Flow meter FM 20", 480),
        ("flow", "Flow meter FM 80", 1250),
        ("level", "Level switch LS 2", 110),
    ),
    "Spare parts": (
        ("seal", "Seal kit SK 1", 12),
        ("seal", "Seal kit SK 7", 38),
        ("seal", 'O-ring set 1/2"', 5),
        ("bearing", "Bearing set BS 3", 64),
        ("bearing", "Bearing set BS 9", 145),
        ("rotor", "Impeller IM 50", 230),
        ("rotor", "Rotor RO 20", 310),
        ("hose", "Hose, reinforced, 5 m", 29),
        ("drive", "Coupling CO 4", 78),
    ),
}
WEAR_CATEGORIES = ("Filters", "Spare parts")
EQUIPMENT_CATEGORIES = ("Pumps", "Valves", "Sensors")
