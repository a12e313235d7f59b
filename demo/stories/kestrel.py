# ruff: noqa: E501  (sentences and code that someone might have written)
"""An event ingestion service in Go."""

from cca.demo.stories.model import Project, Story

BATCHING = Story(
    title="Batch ClickHouse inserts by bytes and time",
    later_title="Flush the last batch on shutdown",
    prompt="We insert row by row into ClickHouse and get 'too many parts'. Batch by 8 MB or 2 seconds, whichever comes first.",
    follow_ups=(
        "What is lost when the process gets SIGTERM in between? It must flush.",
        "Add a benchmark, 100k events.",
        "Please use errgroup rather than the WaitGroup.",
    ),
    path="internal/sink/clickhouse.go",
    before="""func (s *Sink) Write(ctx context.Context, ev Event) error {
	return s.conn.Exec(ctx, insertEvent, ev.ID, ev.At, ev.Payload)
}""",
    after="""func (s *Sink) Run(ctx context.Context, in <-chan Event) error {
	tick := time.NewTicker(s.maxAge)
	defer tick.Stop()
	for {
		select {
		case ev, open := <-in:
			if !open {
				return s.flush(context.WithoutCancel(ctx))
			}
			s.add(ev)
			if s.bytes < s.maxBytes {
				continue
			}
		case <-tick.C:
		}
		if err := s.flush(ctx); err != nil {
			return fmt.Errorf("flush %d events: %w", len(s.pending), err)
		}
	}
}""",
    test_path="internal/sink/clickhouse_test.go",
    test_code="""func TestClosedInputFlushesWhatIsPending(t *testing.T) {
	conn := newRecorder()
	in := make(chan Event, 3)
	in <- Event{ID: "a"}
	in <- Event{ID: "b"}
	close(in)
	require.NoError(t, NewSink(conn).Run(context.Background(), in))
	require.Equal(t, [][]string{{"a", "b"}}, conn.batches)
}""",
    finding="Each event is one `INSERT`, so one part: 1,400 parts a minute against a merge rate of about 300.",
    outcome="Events go out in batches of 8 MB or 2 s; parts fell to 31 a minute and shutdown flushes the rest.",
)

LEAK = Story(
    title="Find the goroutine leak in the consumer",
    later_title="Add goleak to every package",
    prompt="Goroutines grow by ~50 an hour in production, see the attached pprof dump. Where do they come from?",
    follow_ups=(
        "Why did no test catch it? Add goleak.",
        "Is the fix safe if the broker reconnects meanwhile?",
        "Ship it. Write the PR description in three sentences.",
    ),
    path="internal/consumer/rebalance.go",
    before="""func (c *Consumer) onAssign(parts []Partition) {
	for _, p := range parts {
		go c.heartbeat(p)
	}
}""",
    after="""func (c *Consumer) onAssign(parts []Partition) {
	c.stopHeartbeats()
	ctx, cancel := context.WithCancel(c.ctx)
	c.stopHeartbeats = cancel
	for _, p := range parts {
		go c.heartbeat(ctx, p)
	}
}""",
    test_path="internal/consumer/rebalance_test.go",
    test_code="""func TestReassignmentStopsOldHeartbeats(t *testing.T) {
	defer goleak.VerifyNone(t)
	c := newTestConsumer(t)
	c.onAssign(partitions(3))
	c.onAssign(partitions(2))
	require.Equal(t, 2, c.beating())
	c.Close()
}""",
    finding="Each rebalance starts new heartbeat goroutines; the old ones wait on a channel nobody closes.",
    outcome="A rebalance cancels the heartbeats of the assignment before it; goroutines stay at 64 over a two-hour soak.",
)

SCHEMA = Story(
    title="Reject events with unknown schema versions",
    later_title="Count rejected events per producer",
    prompt="A producer sent schema v9 and we silently stored nulls. Unknown versions must be rejected and counted.",
    follow_ups=(
        "Make the metric a counter with labels producer and version.",
        "Cardinality: can a bad client blow that up?",
        "Add the alert rule too.",
    ),
    path="internal/schema/registry.go",
    before="""func (r *Registry) Decode(version int, raw []byte) (Event, error) {
	dec := r.decoders[version]
	if dec == nil {
		dec = r.latest
	}
	return dec(raw)
}""",
    after="""func (r *Registry) Decode(version int, raw []byte) (Event, error) {
	dec, known := r.decoders[version]
	if !known {
		r.rejected.WithLabelValues(bounded(version)).Inc()
		return Event{}, fmt.Errorf("%w: %d (known: %v)", ErrUnknownVersion, version, r.versions())
	}
	return dec(raw)
}""",
    test_path="internal/schema/registry_test.go",
    test_code="""func TestUnknownVersionsAreRejectedAndCounted(t *testing.T) {
	r := NewRegistry(prometheus.NewRegistry())
	_, err := r.Decode(9, []byte(`{}`))
	require.ErrorIs(t, err, ErrUnknownVersion)
	require.Equal(t, 1.0, testutil.ToFloat64(r.rejected))
}""",
    finding="`Decode` falls back to the latest decoder for a version it does not know; missing fields become zero values.",
    outcome="Unknown versions are refused with a clear error, counted with bounded labels, and alert after five minutes.",
)

CONFIG = Story(
    title="Reload configuration without a restart",
    later_title="Validate configuration before reloading",
    prompt="SIGHUP should reload kestrel.yaml. If the new file is invalid keep the old one and log why.",
    follow_ups=(
        "Use atomic.Pointer, not a mutex please.",
        "Also reload when the file changes, debounced.",
        "Document it in docs/operations.md.",
    ),
    path="internal/config/reload.go",
    before="""var current Config

func Load(path string) error {
	return yaml.Unmarshal(mustRead(path), &current)
}""",
    after="""var current atomic.Pointer[Config]

func Reload(path string) error {
	next, err := parse(path)
	if err != nil {
		return fmt.Errorf("keep the old configuration: %s: %w", path, err)
	}
	current.Store(next)
	return nil
}

func Current() *Config { return current.Load() }""",
    test_path="internal/config/reload_test.go",
    test_code="""func TestAnInvalidFileKeepsTheOldConfiguration(t *testing.T) {
	path := write(t, "workers: 4")
	require.NoError(t, Reload(path))
	overwrite(t, path, "workers: many")
	require.Error(t, Reload(path))
	require.Equal(t, 4, Current().Workers)
}""",
    finding="The configuration is a package variable that is unmarshalled in place: a bad file would leave it half written.",
    outcome="`SIGHUP` parses into a new value and swaps it atomically; a bad file leaves the old one and says which line is wrong.",
)

COMPRESS = Story(
    title="Compare zstd and lz4 for the spool files",
    later_title="Switch the spool to zstd level 3",
    prompt="Our spool uses gzip. Compare zstd and lz4 on a real sample for ratio and CPU and recommend one.",
    follow_ups=(
        "Go with zstd 3. Old gzip files must still be readable.",
        "Is the encoder reused or made anew each file?",
        "Show me the numbers as a table.",
    ),
    path="internal/spool/codec.go",
    before="""func open(r io.Reader) (io.Reader, error) {
	return gzip.NewReader(r)
}""",
    after="""func open(r *bufio.Reader) (io.Reader, error) {
	magic, err := r.Peek(4)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the magic number: %w", err)
	case bytes.HasPrefix(magic, gzipMagic):
		return gzip.NewReader(r)
	default:
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
	}
}""",
    test_path="internal/spool/codec_test.go",
    test_code="""func TestOldGzipFilesAreStillReadable(t *testing.T) {
	for _, name := range []string{"old.gz", "new.zst"} {
		got := readAll(t, filepath.Join("testdata", name))
		require.Equal(t, "hello spool", got)
	}
}""",
    finding="On 1.2 GB of real events gzip-6 gives 5.9x at 41 MB/s, lz4 3.8x at 510 MB/s, zstd-3 6.6x at 290 MB/s.",
    outcome="The spool writes zstd level 3 and reads both; the spool disk is 11 % smaller at a seventh of the CPU.",
)

PROJECT = Project(
    cwd="/home/mara/work/kestrel.ingest_v2",
    language="go",
    branches=("main", "fix/goroutine-leak", "KES-412-batching"),
    test_command="go test ./...",
    files=(
        "cmd/kestrel/main.go", "internal/consumer/consumer.go", "internal/sink/sink.go",
        "internal/schema/v8.go", "internal/spool/writer.go", "internal/config/config.go", "go.mod", "Makefile",
    ),
    nouns=("event", "batch", "partition", "producer", "offset", "segment", "decoder", "sink"),
    search_queries=("clickhouse too many parts batch size", "goleak VerifyTestMain example"),
    mcp_tool="mcp__grafana__query_prometheus",
    stories=(BATCHING, LEAK, SCHEMA, CONFIG, COMPRESS),
)  # fmt: skip
