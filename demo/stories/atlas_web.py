# ruff: noqa: E501, RUF001  (sentences and code that someone might have written)
"""A map application in TypeScript and React."""

from cca.demo.stories.model import Project, Story

VIRTUAL_LIST = Story(
    title="Virtualise the layer list in the sidebar",
    later_title="Keep scroll position in the layer list",
    prompt="The sidebar freezes with 3,000 layers. Use virtual scrolling, but keyboard navigation has to keep working.",
    follow_ups=(
        "Arrow down at the end of the visible window doesn't scroll. Can you reproduce that in a test?",
        "Nice. Measure the render time before and after, please.",
        "Keep the scroll position when a filter is cleared.",
    ),
    path="src/sidebar/LayerList.tsx",
    before="""export function LayerList({ layers, onSelect }: Props) {
  return (
    <ul className="layer-list">
      {layers.map((layer) => (
        <LayerRow key={layer.id} layer={layer} onSelect={onSelect} />
      ))}
    </ul>
  );
}""",
    after="""export function LayerList({ layers, onSelect }: Props) {
  const scroller = useRef<HTMLUListElement>(null);
  const rows = useVirtualizer({
    count: layers.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  return (
    <ul ref={scroller} className="layer-list" role="listbox" aria-rowcount={layers.length}>
      <li style={{ height: rows.getTotalSize() }} aria-hidden />
      {rows.getVirtualItems().map((row) => (
        <LayerRow key={layers[row.index].id} layer={layers[row.index]} top={row.start} onSelect={onSelect} />
      ))}
    </ul>
  );
}""",
    test_path="src/sidebar/LayerList.test.tsx",
    test_code="""test("renders only what is visible", () => {
  render(<LayerList layers={makeLayers(3000)} onSelect={vi.fn()} />);
  expect(screen.getAllByRole("option").length).toBeLessThan(60);
});

test("arrow down scrolls past the window", async () => {
  render(<LayerList layers={makeLayers(3000)} onSelect={vi.fn()} />);
  await userEvent.keyboard("{ArrowDown>40/}");
  expect(screen.getByRole("option", { selected: true })).toHaveTextContent("Layer 40");
});""",
    finding="Every layer is a mounted row with three effects; 3,000 of them cost 1.9 s per filter keystroke.",
    outcome="Only the visible rows (about 40) are mounted; a keystroke costs 11 ms and arrow keys scroll along.",
)

TILE_CACHE = Story(
    title="Stop the tile cache from growing without bound",
    later_title="Share the tile cache between maps",
    prompt="Memory climbs to 2 GB after an hour of panning. I suspect src/tiles/cache.ts. Please confirm before you change anything.",
    follow_ups=(
        "Confirmed then. Do it, with a byte budget rather than a count.",
        "Is there a reason not to use WeakRef here?",
        "Please also expose hit rate in the debug panel.",
    ),
    path="src/tiles/cache.ts",
    before="""const tiles = new Map<string, ImageBitmap>();

export function remember(key: string, tile: ImageBitmap): void {
  tiles.set(key, tile);
}""",
    after="""export class TileCache {
  #bytes = 0;
  readonly #tiles = new Map<string, ImageBitmap>();

  constructor(readonly budget = 256 * MB) {}

  remember(key: string, tile: ImageBitmap): void {
    this.#tiles.set(key, tile);
    this.#bytes += sizeOf(tile);
    for (const [oldest, bitmap] of this.#tiles) {
      if (this.#bytes <= this.budget) break;
      this.#tiles.delete(oldest);
      this.#bytes -= sizeOf(bitmap);
      bitmap.close();
    }
  }
}""",
    test_path="src/tiles/cache.test.ts",
    test_code="""test("stays within its budget and closes what it drops", () => {
  const cache = new TileCache(3 * TILE);
  const tiles = Array.from({ length: 5 }, () => fakeTile(TILE));
  tiles.forEach((tile, i) => cache.remember(`8/${i}/0`, tile));
  expect(cache.bytes).toBe(3 * TILE);
  expect(tiles[0].close).toHaveBeenCalled();
});""",
    finding="The module-level `Map` never forgets, and an `ImageBitmap` that is dropped without `close()` keeps its GPU memory.",
    outcome="The cache has a byte budget (256 MB), drops the oldest first and closes each bitmap; an hour of panning stays at 410 MB.",
)

DARK_MODE = Story(
    title="Add a dark theme with system preference",
    later_title="Fix contrast of the dark legend",
    prompt="Add a dark theme. It should follow the system by default and remember an explicit choice. No flash on load please.",
    follow_ups=(
        "The legend text is unreadable on dark, check contrast against WCAG AA.",
        "Where is the choice stored? I want it per user, not per device.",
        "Looks great 🎉 now update the storybook stories.",
    ),
    path="src/theme/theme.ts",
    before="""export const theme = createTheme({ palette: { mode: "light" } });""",
    after="""export type Choice = "light" | "dark" | "system";

export function resolve(choice: Choice, prefersDark: boolean): "light" | "dark" {
  return choice === "system" ? (prefersDark ? "dark" : "light") : choice;
}

export const themeFor = (mode: "light" | "dark") =>
  createTheme({ palette: { mode, ...(mode === "dark" ? darkPalette : lightPalette) } });""",
    test_path="src/theme/theme.test.ts",
    test_code="""test.each([
  ["system", true, "dark"],
  ["system", false, "light"],
  ["light", true, "light"],
] as const)("%s with prefersDark=%s gives %s", (choice, prefersDark, expected) => {
  expect(resolve(choice, prefersDark)).toBe(expected);
});""",
    finding="Colours are hard-coded in 23 components; the theme object is created once at import, so nothing can react to a change.",
    outcome="Light, dark and system work, the choice is read by an inline script before first paint, and all text passes AA.",
)

E2E = Story(
    title="Make the flaky map e2e tests reliable",
    later_title="Run e2e tests in three shards",
    prompt="The e2e job fails about one time in five with 'element detached'. Find the cause, don't just add retries.",
    follow_ups=(
        "Run it twenty times and tell me how many pass.",
        "Shard it over three runners as well.",
        "No need for the video artifacts, drop them.",
    ),
    path="e2e/map.spec.ts",
    before="""test("search moves the map", async ({ page }) => {
  await page.fill("#search", "Porto");
  await page.waitForTimeout(800);
  await page.click(".result >> nth=0");
});""",
    after="""test("search moves the map", async ({ page }) => {
  await page.getByRole("searchbox").fill("Porto");
  const first = page.getByRole("option").first();
  await expect(first).toContainText("Porto");
  await first.click();
  await expect(page.getByTestId("map")).toHaveAttribute("data-idle", "true");
});""",
    test_path="e2e/fixtures.ts",
    test_code="""export const test = base.extend<{ idleMap: Locator }>({
  idleMap: async ({ page }, use) => {
    await page.goto("/");
    const map = page.getByTestId("map");
    await expect(map).toHaveAttribute("data-idle", "true");
    await use(map);
  },
});""",
    finding="Results re-render when the second (fuzzy) response arrives, about 700–900 ms in: the click lands on a row that was just replaced.",
    outcome="The tests wait for what they mean (results shown, map idle) instead of 800 ms; 40 of 40 runs pass.",
)

GEOJSON = Story(
    title="Parse big GeoJSON uploads in a worker",
    later_title="Show progress while parsing GeoJSON",
    prompt="Uploading a 90 MB GeoJSON blocks the UI for 12 s. Move parsing to a worker and show progress.",
    follow_ups=(
        "Can the user cancel it?",
        "Transfer the coordinates as a typed array instead of cloning objects.",
        "What about files with a BOM?",
    ),
    path="src/upload/parse.ts",
    before="""export async function parseUpload(file: File): Promise<FeatureCollection> {
  return JSON.parse(await file.text());
}""",
    after="""export function parseUpload(file: File, onProgress: (ratio: number) => void, signal: AbortSignal) {
  const worker = new Worker(new URL("./parse.worker.ts", import.meta.url), { type: "module" });
  signal.addEventListener("abort", () => worker.terminate());
  return new Promise<Features>((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.done ? resolve(data.features) : onProgress(data.ratio));
    worker.onerror = (event) => reject(new UploadError(file.name, event.message));
    worker.postMessage(file);
  });
}""",
    test_path="src/upload/parse.test.ts",
    test_code="""test("a cancelled upload stops its worker", async () => {
  const controller = new AbortController();
  const parsing = parseUpload(bigFile(), vi.fn(), controller.signal);
  controller.abort();
  await expect(parsing).rejects.toThrow("cancelled");
});""",
    finding="`JSON.parse` of 90 MB takes 3.1 s, then 8 s go into building one React state update with 400 k features.",
    outcome="Parsing runs in a worker with progress and cancel; coordinates arrive as one transferred `Float64Array`.",
)

PROJECT = Project(
    cwd="/home/mara/code/atlas-web",
    language="typescript",
    branches=("main", "perf/sidebar", "feat/dark-theme"),
    test_command="npx vitest run",
    files=(
        "src/main.tsx", "src/App.tsx", "src/sidebar/LayerRow.tsx", "src/tiles/fetch.ts",
        "src/map/MapView.tsx", "src/theme/palette.ts", "vite.config.ts", "package.json",
    ),
    nouns=("layer", "tile", "marker", "viewport", "legend", "feature", "source", "style"),
    search_queries=("tanstack virtual keyboard navigation listbox", "ImageBitmap close memory leak"),
    mcp_tool="mcp__playwright__browser_snapshot",
    stories=(VIRTUAL_LIST, TILE_CACHE, DARK_MODE, E2E, GEOJSON),
)  # fmt: skip
