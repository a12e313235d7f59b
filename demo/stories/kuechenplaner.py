# ruff: noqa: E501, RUF001  (sentences and code that someone might have written)
"""A kitchen planner in Python, spoken about in German."""

from cca.demo.stories.model import Project, Story

EINKAUF = Story(
    title="Einkaufsliste nach Regalen sortieren",
    later_title="Mengen in der Einkaufsliste zusammenfassen",
    prompt="Die Einkaufsliste ist alphabetisch. Ich möchte sie nach Regalen sortiert, Gemüse zuerst, Tiefkühl zuletzt. Größen bitte zusammenfassen.",
    follow_ups=(
        "„Äpfel“ stehen jetzt hinter „Zwiebeln“ – bitte mit deutscher Sortierung.",
        "200 g und 0,3 kg Mehl sollten 500 g ergeben.",
        "Schreib bitte noch Tests für leere Listen.",
    ),
    path="planer/einkauf.py",
    before="""def sortiert(zutaten: list[Zutat]) -> list[Zutat]:
    return sorted(zutaten, key=lambda zutat: zutat.name)""",
    after="""def sortiert(zutaten: list[Zutat]) -> list[Zutat]:
    return sorted(zutaten, key=lambda zutat: (REGALE.index(zutat.regal), deutsch(zutat.name)))


def zusammengefasst(zutaten: list[Zutat]) -> list[Zutat]:
    mengen: dict[str, Menge] = {}
    for zutat in zutaten:
        mengen[zutat.name] = mengen.get(zutat.name, Menge(0)) + zutat.menge.in_gramm()
    return [Zutat(name, menge) for name, menge in mengen.items()]""",
    test_path="tests/test_einkauf.py",
    test_code="""def test_äpfel_kommen_vor_zwiebeln():
    liste = sortiert([Zutat("Zwiebeln"), Zutat("Äpfel"), Zutat("Öl", regal="Trocken")])
    assert [zutat.name for zutat in liste] == ["Äpfel", "Zwiebeln", "Öl"]""",
    finding="`sorted` vergleicht Codepunkte: „Ä“ (U+00C4) liegt hinter „Z“. Das Regal kommt im Schlüssel gar nicht vor.",
    outcome="Sortiert wird nach Regal und dann nach DIN 5007; gleiche Zutaten werden in Gramm zusammengezählt.",
)

WOCHENPLAN = Story(
    title="Wochenplan als PDF drucken",
    later_title="Wochenplan per E-Mail verschicken",
    prompt="Ich hätte gern den Wochenplan als PDF, eine Seite, quer, mit Platz für Notizen.",
    follow_ups=(
        "Die Umlaute fehlen in der Überschrift.",
        "Kann der Sonntag etwas größer sein?",
        "Passt! Jetzt bitte noch ein Knopf auf der Startseite.",
    ),
    path="planer/druck.py",
    before="""def als_pdf(plan: Wochenplan) -> bytes:
    raise NotImplementedError""",
    after="""def als_pdf(plan: Wochenplan) -> bytes:
    vorlage = umgebung.get_template("wochenplan.html")
    seite = vorlage.render(tage=plan.tage, woche=plan.kalenderwoche)
    return HTML(string=seite, base_url=str(VORLAGEN)).write_pdf()""",
    test_path="tests/test_druck.py",
    test_code="""def test_der_plan_passt_auf_eine_seite(voller_plan):
    seiten = pdf_seiten(als_pdf(voller_plan))
    assert len(seiten) == 1
    assert "Überraschung" in seiten[0].text""",
    finding="Die Schrift der Vorlage kennt keine Umlaute im fetten Schnitt, deshalb fehlen sie nur in der Überschrift.",
    outcome="Eine Seite A4 quer, mit Notizfeld; die Schrift ist eingebettet und der Sonntag bekommt doppelte Breite.",
)

ALLERGIEN = Story(
    title="Rezepte nach Allergien filtern",
    later_title="Allergene aus Zutaten ableiten",
    prompt="Gäste mit Nussallergie: der Filter soll auch Zutaten von Zutaten beachten (Pesto enthält Pinienkerne).",
    follow_ups=(
        "Was passiert bei Zyklen in den Rezepten?",
        "Bitte als Abfrage in SQL, nicht in Python.",
        "Zeig mir die zehn Rezepte, die jetzt herausfallen.",
    ),
    path="planer/allergene.py",
    before="""def ohne(rezepte: list[Rezept], allergen: str) -> list[Rezept]:
    return [rezept for rezept in rezepte if allergen not in rezept.zutaten]""",
    after="""ENTHALTEN = text(\"\"\"
    with recursive teile(rezept, zutat) as (
        select rezept_id, zutat_id from rezept_zutaten
        union
        select teile.rezept, unter.zutat_id
        from teile join rezept_zutaten unter on unter.rezept_id = teile.zutat
    )
    select distinct rezept from teile join zutaten on zutaten.id = zutat where allergen = :allergen
\"\"\")


def ohne(db: Session, rezepte: list[Rezept], allergen: str) -> list[Rezept]:
    betroffen = set(db.scalars(ENTHALTEN, {"allergen": allergen}))
    return [rezept for rezept in rezepte if rezept.id not in betroffen]""",
    test_path="tests/test_allergene.py",
    test_code="""def test_pesto_enthält_nüsse(db, rezept):
    pesto = rezept("Pesto", zutaten=["Basilikum", "Pinienkerne"])
    nudeln = rezept("Nudeln mit Pesto", zutaten=["Nudeln", "Pesto"])
    assert ohne(db, [pesto, nudeln], "Nüsse") == []""",
    finding="Der Filter schaut nur eine Ebene tief. 14 Rezepte enthalten ein anderes Rezept als Zutat.",
    outcome="Eine rekursive Abfrage folgt den Zutaten bis zum Ende; `union` statt `union all` beendet auch Zyklen.",
)

MIGRATION = Story(
    title="Von SQLite auf PostgreSQL umziehen",
    later_title="Volltextsuche mit PostgreSQL",
    prompt="Wir wollen von SQLite auf PostgreSQL. Welche Stellen müssen wir ändern? Erst nur ein Plan, bitte.",
    follow_ups=(
        "Gut, dann setz die ersten zwei Punkte um.",
        "Die Tests sollen gegen beide laufen.",
        "Brauchen wir für die Suche dann noch fts5?",
    ),
    path="planer/db.py",
    before="""engine = create_engine("sqlite:///planer.db")""",
    after="""engine = create_engine(
    einstellungen.datenbank,
    pool_pre_ping=True,
    connect_args={"options": "-c timezone=utc"} if einstellungen.ist_postgres else {},
)""",
    test_path="tests/test_db.py",
    test_code="""@pytest.mark.parametrize("datenbank", ["sqlite", "postgres"], indirect=True)
def test_ein_rezept_übersteht_den_weg(datenbank):
    datenbank.add(Rezept(name="Käsespätzle", portionen=4))
    datenbank.commit()
    assert datenbank.scalars(select(Rezept.name)).all() == ["Käsespätzle"]""",
    finding="Vier Stellen sind SQLite-eigen: `fts5`, zwei `INSERT OR REPLACE`, ein `strftime` und die Dateisperre im Export.",
    outcome="Die Verbindung kommt aus den Einstellungen, `INSERT OR REPLACE` wurde zu `ON CONFLICT`, die Tests laufen gegen beide.",
)

BILDER = Story(
    title="Rezeptfotos beim Hochladen verkleinern",
    later_title="Rezeptfotos als AVIF ausliefern",
    prompt="Die Fotos sind 8 MB groß und die Übersicht lädt ewig. Bitte beim Hochladen verkleinern und richtig drehen.",
    follow_ups=(
        "Hochkant-Fotos vom Handy liegen noch auf der Seite 😅",
        "AVIF und WebP, mit Rückfall auf JPEG.",
        "Und die alten Bilder? Ein Befehl dafür wäre schön.",
    ),
    path="planer/bilder.py",
    before="""def speichern(datei: UploadFile, ziel: Path) -> None:
    ziel.write_bytes(datei.file.read())""",
    after="""def speichern(datei: UploadFile, ziel: Path) -> None:
    with Image.open(datei.file) as bild:
        gedreht = ImageOps.exif_transpose(bild).convert("RGB")
        gedreht.thumbnail((1600, 1600))
        for endung, güte in (("avif", 55), ("webp", 75), ("jpg", 82)):
            gedreht.save(ziel.with_suffix(f".{endung}"), quality=güte)""",
    test_path="tests/test_bilder.py",
    test_code="""def test_hochkant_bleibt_hochkant(tmp_path, handyfoto):
    speichern(handyfoto, tmp_path / "kuchen")
    with Image.open(tmp_path / "kuchen.jpg") as bild:
        assert bild.height > bild.width""",
    finding="Das Original wird unverändert gespeichert und ausgeliefert; die Drehung steht nur in EXIF.",
    outcome="Fotos werden gedreht, auf 1600 px verkleinert und in drei Formaten abgelegt: die Übersicht lädt 0,4 statt 31 MB.",
)

PROJECT = Project(
    cwd="/home/mara/Projekte/Küchenplaner",
    language="python",
    branches=("main", "einkaufsliste"),
    test_command="uv run pytest -q",
    files=(
        "planer/__init__.py", "planer/rezepte.py", "planer/modelle.py", "planer/seiten.py",
        "planer/suche.py", "vorlagen/übersicht.html", "tests/conftest.py", "README.md",
    ),
    nouns=("rezept", "zutat", "menge", "regal", "woche", "gericht", "vorrat", "gast"),
    search_queries=("weasyprint umlaute fette schrift", "sqlalchemy recursive cte text query"),
    mcp_tool="mcp__sqlite__read_query",
    stories=(EINKAUF, WOCHENPLAN, ALLERGIEN, MIGRATION, BILDER),
    locale="de",
)  # fmt: skip
