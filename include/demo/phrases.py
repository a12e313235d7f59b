# ruff: noqa: E501, RUF001  (sentences and code that someone might have written)
"""What the assistant says around its tool calls, in the language of the project."""

from dataclasses import dataclass
from random import Random

from include.demo.languages import LANGUAGES
from include.demo.stories.model import Project, Story


@dataclass(frozen=True)
class Phrases:
    """Sentences with the places {path} {test} {finding} {outcome} {n} {noun}."""

    looking: tuple[str, ...]
    changing: tuple[str, ...]
    failing: tuple[str, ...]
    thinking: tuple[str, ...]
    closing: tuple[str, ...]
    answers: tuple[str, ...]


ENGLISH = Phrases(
    looking=(
        "I'll start with `{path}`.", "Let me see who calls this.", "Let me look at the tests first.",
        "I'll check how the other {noun}s do it.", "Let me confirm that before I change anything.",
    ),
    changing=(
        "That's the cause. {finding}\n\nI'll change it now.", "Found it: {finding}", "Now the test for it.",
        "One more place needs the same change.", "I'll write the test first so that it fails.",
    ),
    failing=("The test fails as expected, now the change.", "One failure left, let me read it.", "That is a different error. Let me look."),
    thinking=(
        "The person wants this to be small. `{path}` looks like the right place, but I should check its callers before touching the signature.",
        "Two options: handle it where the {noun} is made, or at the edge. The edge keeps the core free of I/O, so I prefer that. I need to see whether a test pins the present behaviour.",
        "The output says {n} rows. That does not match what was described; maybe the {noun} is filtered earlier. Let me grep for it rather than guess.",
        "Careful: this runs concurrently. If two workers take the same {noun}, the second must see the first one's write.",
    ),
    closing=("All {n} tests pass.", "Tests are green ({n} passed).", "Verified with the full suite: {n} passed, none skipped."),
    answers=(
        "Done. `{path}` now covers that case and `{test}` has a test for it. I left the public signature alone, so callers don't change.",
        "Yes, in {n} places. The important one is `{path}`; the others only log. I changed the first and added a note to the others.",
        "Short answer: no, nothing is lost. The {noun} is written before the acknowledgement, so a crash in between means it is handled twice, and the key makes that harmless.",
        "I measured it on the fixture data:\n\n| variant | median | p95 |\n|---|---:|---:|\n| before | {n} ms | 1,940 ms |\n| after | 11 ms | 38 ms |\n\nThe rest of the time is spent in the driver.",
        "There were two causes:\n\n1. the {noun} was looked up once per row;\n2. the result was sorted twice.\n\nBoth are fixed in `{path}`, and the test counts the calls so that it stays that way.",
        "I'd leave that as it is. It looks odd, but `{test}` relies on the order, and changing it buys nothing. If you still want it, it is a one-line change.",
    ),
)  # fmt: skip
GERMAN = Phrases(
    looking=("Ich sehe mir zuerst `{path}` an.", "Wer ruft das auf? Ich suche kurz.", "Erst einmal die Tests."),
    changing=("Das ist die Ursache: {finding}", "Gefunden. {finding}\n\nIch ändere es jetzt.", "Jetzt der Test dazu."),
    failing=("Der Test schlägt wie erwartet fehl, jetzt die Änderung.", "Ein Fehler ist noch übrig."),
    thinking=(
        "Die Änderung soll klein bleiben. `{path}` scheint die richtige Stelle zu sein; vorher prüfe ich die Aufrufer.",
        "Zwei Möglichkeiten: in der Datenbank oder in Python. In der Datenbank ist es kürzer, und {n} Zeilen sind kein Problem.",
    ),
    closing=("Alle {n} Tests laufen durch.", "Die Tests sind grün ({n})."),
    answers=(
        "Erledigt. `{path}` behandelt den Fall jetzt, und `{test}` prüft ihn.",
        "Ja, an {n} Stellen. Wichtig ist nur die in `{path}`; die übrigen habe ich unverändert gelassen.",
        "Gemessen an den Beispieldaten:\n\n| | vorher | nachher |\n|---|---:|---:|\n| Größe | {n} kB | 41 kB |\n| Dauer | 1,9 s | 0,2 s |",
        "Kurz: nein, es geht nichts verloren. Geschrieben wird in einer Transaktion, und die Übersicht liest erst danach.",
    ),
)  # fmt: skip
JAPANESE = Phrases(
    looking=("まず `{path}` を読みます。", "呼び出し元を確認します。", "先にテストを見ます。"),
    changing=("原因が分かりました。{finding}", "ここを直します。{finding}", "次にテストを書きます。"),
    failing=("期待どおりテストが失敗しました。実装を直します。", "一つだけ失敗しています。内容を見ます。"),
    thinking=(
        "変更は小さくしたい。`{path}` が正しい場所に見えるが、先に呼び出し元を確認する。",
        "二つの方法がある。入力時に正規化するか、検索時に比べるか。索引は{n}件なので検索時でも十分速い。",
    ),
    closing=("テストは{n}件すべて通りました。", "全{n}件のテストが成功しました ✅"),
    answers=(
        "対応しました。`{path}` を直し、`{test}` にテストを追加しています。",
        "はい、{n}箇所ありました。重要なのは `{path}` だけで、ほかは変更していません。",
        "計測しました：\n\n| | 変更前 | 変更後 |\n|---|---:|---:|\n| 検索 | {n} ms | 9 ms |\n| 容量 | 112 MB | 21.4 MB |",
        "いいえ、データは失われません。書き込みは一つのトランザクションで行われます。",
    ),
)  # fmt: skip
PHRASES = {"en": ENGLISH, "de": GERMAN, "ja": JAPANESE}


def say(rng: Random, kind: str, project: Project, story: Story) -> str:
    """One sentence of a kind (a field of Phrases), filled in."""
    template = rng.choice(getattr(PHRASES[project.locale], kind))
    filled: str = template.format(
        path=story.path, test=story.test_path, finding=story.finding, outcome=story.outcome,
        n=rng.randint(4, 412), noun=rng.choice(project.nouns),
    )  # fmt: skip
    return filled


def summary_of_work(rng: Random, project: Project, story: Story) -> str:
    """The answer that ends a piece of work: what changed, with the code."""
    fence = LANGUAGES[project.language].fence
    return (
        f"{story.outcome}\n\n"
        f"- `{story.path}` – {story.finding}\n- `{story.test_path}` – +{story.test_code.count(chr(10)) + 1}\n\n"
        f"```{fence}\n{story.after}\n```\n\n{say(rng, 'closing', project, story)}"
    )


def compaction_summary(project: Project, story: Story) -> str:
    """What replaces the conversation when its context is compacted."""
    return (
        "This session is being continued from a previous conversation that ran out of context. "
        "The conversation is summarized below:\n\n"
        f"1. Primary Request and Intent:\n   {story.prompt}\n\n"
        f"2. Key Technical Concepts:\n   - {', '.join(project.nouns)}\n\n"
        f"3. Files and Code Sections:\n   - {story.path}\n   - {story.test_path}\n\n"
        f"4. Problem Solving:\n   {story.finding}\n\n5. Current Work:\n   {story.outcome}\n\n"
        f"6. Pending Tasks:\n   - {story.follow_ups[-1]}"
    )
