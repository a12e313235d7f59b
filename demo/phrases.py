# ruff: noqa: E501, RUF001  (sentences and code that someone might have written)
"""What the assistant says around its tool calls, in the language of the project."""

from dataclasses import dataclass

from cca.demo.languages import LANGUAGES
from cca.demo.reply import Call
from cca.demo.scene import Scene
from cca.demo.stories.model import Project, Story


@dataclass(frozen=True)
class Phrases:
    """Sentences with the places {path} {test} {finding} {outcome} {n} {noun} {target}."""

    reading: tuple[str, ...]
    searching: tuple[str, ...]
    listing: tuple[str, ...]
    running: tuple[str, ...]
    asking: tuple[str, ...]
    finding: tuple[str, ...]
    testing: tuple[str, ...]
    mending: tuple[str, ...]
    thinking: tuple[str, ...]
    closing: tuple[str, ...]
    answers: tuple[str, ...]


ENGLISH = Phrases(
    reading=(
        "I'll read `{target}`.", "Let me look at `{target}`.", "`{target}` is next.", "How does `{target}` do it?",
        "Let me see what `{target}` expects.", "Before I change anything I want to see `{target}`.",
    ),
    searching=(
        "Let me see who uses `{target}`.", "Searching for `{target}`.", "Where else does `{target}` occur?",
        "I'll check every use of `{target}` before I touch it.", "One more search, for `{target}`.",
    ),
    listing=("First the layout.", "Let me see which files there are.", "Which tests are there already?"),
    running=("Let me run it.", "I'll check what really happens.", "Let me look at the output.", "Now the logs."),
    asking=("I'll hand the broad search to a subagent.", "Let me look this up.", "I'll ask for the facts first."),
    finding=("That's the cause. {finding}\n\nI'll change it now.", "Found it. {finding}"),
    testing=("Now the test for it.", "And a test, red first.", "I'll write down what must hold as a test."),
    mending=(
        "One more place needs the same change.", "This one has the same gap.", "A guard belongs here too.",
        "Small change in `{target}`.", "Let me tighten `{target}` while I am here.",
    ),
    thinking=(
        "The person wants this to be small. `{path}` looks like the right place, but I should check its callers before touching the signature.",
        "Two options: handle it where the {noun} is made, or at the edge. The edge keeps the core free of I/O, so I prefer that. I need to see whether a test pins the present behaviour.",
        "The output says {n} rows. That does not match what was described; maybe the {noun} is filtered earlier. Let me grep for it rather than guess.",
        "I should not widen the change. The request is about the {noun}, so the other callers stay as they are and I mention them at the end.",
        "If I add the parameter with a default, nothing else has to change. `{test}` covers the old behaviour, so a red test there would tell me that I am wrong.",
        "Careful: this runs concurrently. If two workers take the same {noun}, the second must see the first one's write.",
    ),
    closing=("All {n} tests pass.", "Tests are green ({n} passed).", "Verified with the full suite: {n} passed, none skipped."),
    answers=(
        "Done. `{path}` now covers that case and `{test}` has a test for it. I left the public signature alone, so callers don't change.",
        "Yes, in {n} places. The important one is `{path}`; the others only log. I changed the first and added a note to the others.",
        "Short answer: no, nothing is lost. The {noun} is written before the acknowledgement, so a crash in between means it is handled twice, and the key makes that harmless.",
        "I measured it on the fixture data:\n\n| variant | median | p95 |\n|---|---:|---:|\n| before | {n} ms | 1,940 ms |\n| after | 11 ms | 38 ms |\n\nThe rest of the time is spent in the driver.",
        "There were two causes:\n\n1. the {noun} was looked up once per row;\n2. the result was sorted twice.\n\nBoth are fixed in `{path}`, and the test counts the calls so that it stays that way.",
        "That was it. The call happened before the {noun} was complete; I moved it behind the check. `{test}` fails without the change and passes with it.",
        "Checked: {n} of {n} match. I compared by key rather than by position, because the order is not guaranteed.",
        "Here is what I found:\n\n- `{path}` is the only writer;\n- readers take a snapshot, so they never see half a {noun};\n- the retry is bounded.\n\nSo it is safe, and the comment above it now says why.",
        "I'd leave that as it is. It looks odd, but `{test}` relies on the order, and changing it buys nothing. If you still want it, it is a one-line change.",
    ),
)  # fmt: skip
GERMAN = Phrases(
    reading=("Ich sehe mir `{target}` an.", "Als Nächstes `{target}`.", "Was erwartet `{target}`?", "Vorher lese ich `{target}`."),
    searching=("Wer benutzt `{target}`?", "Ich suche nach `{target}`.", "Kommt `{target}` noch anderswo vor?"),
    listing=("Erst ein Überblick.", "Welche Dateien gibt es?", "Welche Tests gibt es schon?"),
    running=("Ich lasse es laufen.", "Mal sehen, was wirklich passiert.", "Nun die Ausgabe."),
    asking=("Das schlage ich nach.", "Die breite Suche gebe ich einem Subagenten.", "Erst die Fakten."),
    finding=("Das ist die Ursache: {finding}", "Gefunden. {finding}\n\nIch ändere es jetzt."),
    testing=("Jetzt der Test dazu.", "Erst der Test, er muss rot sein."),
    mending=("Die gleiche Änderung fehlt hier noch.", "Kleine Änderung in `{target}`.", "Auch `{target}` braucht die Prüfung."),
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
    reading=("`{target}` を読みます。", "次は `{target}` です。", "変更する前に `{target}` を確認します。"),
    searching=("`{target}` の使用箇所を調べます。", "`{target}` を検索します。", "ほかに `{target}` はありますか。"),
    listing=("まず構成を見ます。", "どのファイルがあるか確認します。", "先にテストを見ます。"),
    running=("実行してみます。", "実際の出力を確認します。", "ログを見ます。"),
    asking=("調べてみます。", "広い検索はサブエージェントに任せます。", "先に事実を確認します。"),
    finding=("原因が分かりました。{finding}", "ここを直します。{finding}"),
    testing=("次にテストを書きます。", "先に失敗するテストを書きます。"),
    mending=("`{target}` にも同じ変更が必要です。", "`{target}` を少し直します。", "ここにも確認を入れます。"),
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


def say(scene: Scene, kind: str, target: str = "") -> str:
    """One sentence of a kind (a field of Phrases), filled in."""
    rng, project, story = scene.rng, scene.project, scene.story
    template = scene.draw(kind, getattr(PHRASES[project.locale], kind))
    return template.format(
        path=story.path, test=story.test_path, finding=story.finding, outcome=story.outcome,
        n=rng.randint(4, 412), noun=rng.choice(project.nouns), target=target,
    )  # fmt: skip


def announce(scene: Scene, call: Call) -> str:
    """What is said before a call, in words that fit it."""
    kinds = {
        "Read": "reading", "Grep": "searching", "Glob": "listing", "Bash": "running",
        "Edit": "mending", "Write": "mending",
    }  # fmt: skip
    target = call.arguments.get("pattern") or call.arguments.get("file_path") or ""
    name = target.removeprefix(f"{scene.project.cwd}/").replace(r"\b", "").removesuffix("s?")
    return say(scene, kinds.get(call.name, "asking"), name)


def summary_of_work(scene: Scene) -> str:
    """The answer that ends a piece of work: what changed, with the code."""
    story = scene.story
    fence = LANGUAGES[scene.project.language].fence
    return (
        f"{story.outcome}\n\n```{fence}\n{story.after}\n```\n\n"
        f"- `{story.path}`: {story.finding}\n- `{story.test_path}`\n\n{say(scene, 'closing')}"
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
