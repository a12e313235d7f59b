# ruff: noqa: E501, RUF001  (sentences and code that someone might have written)
"""A Japanese dictionary app in TypeScript, spoken about in several languages."""

from cca.demo.stories.model import Project, Story

SEARCH = Story(
    title="Search kana and kanji with one query",
    later_title="Rank exact readings first",
    prompt="検索で「たべる」と入力しても「食べる」が出ません。かな・漢字・ローマ字のどれでも同じ結果になるようにしてください。",
    follow_ups=(
        "ローマ字の「taberu」もテストに追加してください。",
        "Exact readings should come first, then prefix matches.",
        "活用形（食べた、食べない）も見つかりますか？",
    ),
    path="src/search/query.ts",
    before="""export function matches(entry: Entry, query: string): boolean {
  return entry.headword.startsWith(query);
}""",
    after="""export function matches(entry: Entry, query: string): boolean {
  const reading = toHiragana(query.normalize("NFKC"));
  return entry.headwords.some((word) => word.startsWith(query)) || entry.readings.some((r) => r.startsWith(reading));
}""",
    test_path="src/search/query.test.ts",
    test_code="""test.each(["食べる", "たべる", "タベル", "taberu"])("%s finds 食べる", (query) => {
  expect(matches(entry("食べる", "たべる"), query)).toBe(true);
});""",
    finding="見出し語の前方一致だけで、読み（`readings`）は一度も比べていません。全角・半角の正規化もありません。",
    outcome="入力をNFKCで正規化し、ひらがなに直して読みとも比べます。四通りの入力で同じ結果になります。",
)

FURIGANA = Story(
    title="Render furigana with ruby elements",
    later_title="Copy text without furigana",
    prompt="Furigana are drawn with absolute positions and break when the font size changes. Use <ruby>.",
    follow_ups=(
        "Copying a sentence also copies the readings: 食た べる. Can we avoid that?",
        "振り仮名の大きさを設定で変えられるようにしたいです。",
        "Check it in Safari too.",
    ),
    path="src/reader/Furigana.tsx",
    before="""export const Furigana = ({ base, reading }: Props) => (
  <span className="furi" data-reading={reading}>{base}</span>
);""",
    after="""export const Furigana = ({ base, reading }: Props) => (
  <ruby>
    {base}
    <rp>（</rp>
    <rt aria-hidden className="no-copy">{reading}</rt>
    <rp>）</rp>
  </ruby>
);""",
    test_path="src/reader/Furigana.test.tsx",
    test_code="""test("the reading stands in an rt element", () => {
  const { container } = render(<Furigana base="漢字" reading="かんじ" />);
  expect(container.querySelector("rt")).toHaveTextContent("かんじ");
});""",
    finding="位置は `::before` の絶対指定で、行の高さが14pxに固定されています。文字サイズを変えると重なります。",
    outcome="`<ruby>` で描き、コピー時は読みを除きます（`user-select: none`）。文字サイズは120%まで崩れません。",
)

SRS = Story(
    title="Schedule reviews with FSRS",
    later_title="Import review history into FSRS",
    prompt="Replace our fixed intervals with FSRS. Keep each user's history and don't schedule 500 cards on one day.",
    follow_ups=(
        "What does a card look like that was failed twice? Walk me through it.",
        "把每天的上限做成设置，默认 60 张。",
        "Simulate 90 days and plot reviews per day.",
    ),
    path="src/review/schedule.ts",
    before="""const STEPS = [1, 3, 7, 14, 30, 90];

export const next = (card: Card, ok: boolean) => STEPS[ok ? card.step + 1 : 0];""",
    after="""export function next(card: Card, grade: Grade, now: Temporal.Instant): Review {
  const memory = card.memory ? forget(card.memory, now) : initial(grade);
  const stability = grade === "again" ? relearn(memory) : strengthen(memory, grade);
  return { due: now.add({ hours: 24 * interval(stability, RETENTION) }), memory: { ...memory, stability } };
}""",
    test_path="src/review/schedule.test.ts",
    test_code="""test("a harder grade never gives a longer interval", () => {
  fc.assert(
    fc.property(card(), (c) => days(next(c, "hard", NOW)) <= days(next(c, "good", NOW))),
  );
});""",
    finding="Intervals are fixed per step, so an easy card comes back as often as a hard one; 41 % of reviews are of cards known for months.",
    outcome="FSRS schedules by memory stability, a daily cap spreads the rest over the week, history is replayed on upgrade.",
)

OFFLINE = Story(
    title="オフラインでも辞書を引けるようにする",
    later_title="辞書データを差分で更新する",
    prompt="地下鉄で辞書が引けません。Service Workerで見出し語だけでもオフラインで使えるようにしてください。容量は30MBまで。",
    follow_ups=(
        "容量はどれくらいになりましたか？",
        "更新は差分だけにしてください。",
        "テストもお願いします🙏",
    ),
    path="src/offline/worker.ts",
    before="""self.addEventListener("fetch", () => {});""",
    after="""self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.pathname.startsWith("/dict/")) {
    event.respondWith(lookup(url).then((hit) => hit ?? fetch(event.request)));
  }
});""",
    test_path="src/offline/worker.test.ts",
    test_code="""test("見出し語はネットワークなしで引ける", async () => {
  await install(fixture("headwords.bin"));
  const answer = await dispatch("/dict/言葉", { offline: true });
  expect(await answer.json()).toMatchObject({ reading: "ことば" });
});""",
    finding="Service Workerは登録されていますが、`fetch` を素通しするだけです。辞書はJSONで112MBあります。",
    outcome="見出し語をトライ木にまとめて21.4MBになりました。初回に保存し、オフラインでも50ms以内に引けます。",
)

IMPORT = Story(
    title="导入词表时跳过重复的词",
    later_title="为导入添加撤销功能",
    prompt="用户导入 CSV 词表的时候，重复的词会出现两次。请按词形和读音去重，并在最后显示跳过了多少。",
    follow_ups=(
        "全角空格也要去掉。",
        "Please show a summary: imported, skipped, failed.",
        "如果导入到一半失败了怎么办？",
    ),
    path="src/lists/import.ts",
    before="""for (const row of parse(csv)) {
  await words.add({ headword: row[0], reading: row[1] });
}""",
    after="""const seen = new Set(await words.keys());
const result: Summary = { imported: 0, skipped: 0, failed: [] };
for (const [line, row] of parse(csv).entries()) {
  const key = keyOf(trimWide(row[0]), toHiragana(row[1]));
  if (seen.has(key)) result.skipped += 1;
  else await add(key, row).then(() => (result.imported += 1), (e) => result.failed.push({ line, reason: e.message }));
  seen.add(key);
}""",
    test_path="src/lists/import.test.ts",
    test_code="""test("重复的词只导入一次", async () => {
  const result = await importList("言葉,ことば\\n言葉　,コトバ\\n", words);
  expect(result).toEqual({ imported: 1, skipped: 1, failed: [] });
});""",
    finding="导入时没有检查已有的词，而且「言葉」和「言葉　」（带全角空格）被当成两个词。",
    outcome="按词形和平假名读音去重，全角空格会被去掉，最后显示导入、跳过和失败的数量。",
)

PROJECT = Project(
    cwd="/home/mara/code/kotoba",
    language="typescript",
    branches=("main", "feat/offline", "fsrs"),
    test_command="npx vitest run",
    files=(
        "src/index.tsx", "src/search/kana.ts", "src/reader/Sentence.tsx", "src/review/memory.ts",
        "src/lists/csv.ts", "src/offline/trie.ts", "data/見出し語.json", "package.json",
    ),
    nouns=("word", "reading", "card", "sentence", "deck", "list", "meaning", "review"),
    search_queries=("FSRS 5 stability formula typescript", "ruby rt user-select safari"),
    mcp_tool="mcp__linear__get_issue",
    stories=(SEARCH, FURIGANA, SRS, OFFLINE, IMPORT),
    locale="ja",
)  # fmt: skip
