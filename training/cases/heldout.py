"""What appears in the case files and never in training text: values, and the openings. Knows nothing of models.

`training.values` refuses any value that holds one of these words, `training.dialogues` any turn that is an opening.
"""

# ruff: noqa: SIM905
from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

PEOPLE = """Zorvik Oluchi Ingeborg Wren Bjarni Xochitl Siobhan Nguyet Krzysztof Aoife Rhys Tadhg Eilidh Ifeanyi Nkechi
Ximena Itzel Citlali Yuxuan Zhiqiang Haruto Kazuhiko Minjeong Seojun Tuulikki Aleksanteri Yrsa Thorbjorn Gudrun Solveig
Bronwyn Llewelyn Gwendolen Caoimhe Niamh Oisin Saoirse Wojciech Agnieszka Malgorzata Zbigniew Szymon Jadwiga Vytautas
Jurgita Kestutis Anneliese Friedhelm Dietlinde Burkhard Guillermo Joaquin Thibault Ghislaine Anouk Matthijs Joost
Femke Sjoerd Tjeerd Nandini Shreyansh Vaishnavi Balakrishna Ekaterina Vsevolod Zoryana Bohdan Ruslana Dimitrios
Evangelia Xenophon Berhane Tewodros Abeba Kwabena Akosua Chukwuma Thandeka Sibusiso Nomvula""".split()

PETS = """Pemba Quibble Mochizuki Fjord Tzatziki Bramble Wuffles Zephyrus Gnocchi Snorri Pippin Marzipan Kvass Rasputin
Figgy Ozymandias Kipper Dumbledore Nettle Borscht Schnapps Twiglet Yuki Brisket Jalapeno Crumpet Sprocket Thistle
Gizmo Vindaloo""".split()

PLACES = """Trondheim Tromso Szczecin Ljubljana Ulaanbaatar Gdansk Reykjavik Tbilisi Bergen Aarhus Jyvaskyla Rovaniemi
Klaipeda Daugavpils Kaunas Bydgoszcz Wroclaw Chisinau Plovdiv Skopje Podgorica Mostar Bratislava Gyor Pecs Debrecen
Utrecht Groningen Leeuwarden Bruges Ghent Aberystwyth Llandudno Inverness Dundee Limerick Kilkenny Guadalajara Oaxaca
Arequipa Cochabamba Valparaiso Montevideo Curitiba Florianopolis Antananarivo Bulawayo Lubumbashi Ouagadougou Yaounde
Mekelle Samarkand Bishkek Almaty Thimphu Kathmandu Yogyakarta Palembang Kagoshima Sapporo Daejeon Gwangju
Qingdao Hangzhou Coimbatore Visakhapatnam Tiruchirappalli Saskatoon Winnipeg Poughkeepsie Albuquerque Tuscaloosa""".split()

FOODS = """pierogi khachapuri bibimbap okonyaki ceviche poutine lutefisk moussaka jollof injera rendang laksa
tagine goulash borek arepas pupusas halloumi smorrebrod bouillabaisse cassoulet spaetzle haggis tempeh
congee shakshuka""".split()

JOBS = """cartographer glazier farrier luthier sommelier actuary phlebotomist paramedic taxidermist stonemason
radiographer translator zookeeper locksmith optometrist beekeeper bookbinder upholsterer archivist geologist
horologist choreographer midwife welder surveyor""".split()

ALLERGENS = """lupin sulphites celery sesame buckwheat penicillin latex mustard walnuts hazelnuts kiwifruit oysters
pistachios cashews turmeric coriander""".split()

INSTRUMENTS = (
    "bassoon theremin dulcimer oboe balalaika bouzouki euphonium harpsichord sitar didgeridoo nyckelharpa".split()
)

COLOURS = "teal vermilion ochre cerulean chartreuse mauve taupe fuchsia umber periwinkle".split()

SUBJECTS = """oceanography linguistics entomology metallurgy paleontology jurisprudence numismatics hydrology
ornithology seismology""".split()

LANGUAGES = "Icelandic Basque Tagalog Quechua Welsh Amharic Georgian Estonian Yoruba Catalan Latvian Khmer".split()

DRINKS = "kombucha rooibos kefir espresso chai horchata cider oolong matcha".split()


def words() -> frozenset[str]:
    """Every held-out word, in lower case."""
    lists = (
        *(PEOPLE, PETS, PLACES, FOODS, JOBS, ALLERGENS),
        *(INSTRUMENTS, COLOURS, SUBJECTS, LANGUAGES, DRINKS),
    )
    return frozenset(word.lower() for group in lists for word in group)


def is_opening(text: str) -> bool:
    """Whether a message is one of the sixty openings, whatever its capitals and stops."""
    return bare(text) in _openings()


@cache
def _openings() -> frozenset[str]:
    lines = (Path(__file__).parent / "openings.jsonl").read_text(encoding="utf-8").splitlines()
    said = (json.loads(line)["messages"][-1]["content"].rpartition("\n\n")[2] for line in lines)
    return frozenset(map(bare, said))


def bare(text: str) -> str:
    """The text in lower case, without stops."""
    return re.sub(r"[^a-z0-9 ]", "", text.lower()).strip()
