# ruff: noqa: E501  (sentences and code that someone might have written)
"""A parcel tracking service in Python."""

from cca.demo.stories.model import Project, Story

RETRY = Story(
    title="Retry failed carrier webhooks with backoff",
    later_title="Dead-letter webhooks after the last retry",
    prompt="Webhooks from the carriers sometimes hit us while the database fails over and we answer 500. "
    "They do not resend. Please find where we take them in and make failed ones retry with backoff.",
    follow_ups=(
        "Good. Can the delay be capped at five minutes, and please add jitter so they don't all come back at once?",
        "The retry test takes 14 seconds. Make it fast without sleeping for real.",
        "What happens to a webhook that fails the sixth time?",
    ),
    path="app/webhooks/intake.py",
    before="""async def deliver(event: CarrierEvent) -> None:
    async with session() as db:
        parcel = await parcels.by_tracking_number(db, event.tracking_number)
        await parcels.apply(db, parcel, event)""",
    after="""async def deliver(event: CarrierEvent, attempt: int = 0) -> None:
    try:
        async with session() as db:
            parcel = await parcels.by_tracking_number(db, event.tracking_number)
            await parcels.apply(db, parcel, event)
    except OperationalError as error:
        if attempt >= MAX_ATTEMPTS:
            await dead_letters.put(event, reason=str(error))
            return
        await queue.later(deliver, event, attempt + 1, delay=backoff(attempt))""",
    test_path="tests/webhooks/test_intake.py",
    test_code="""async def test_a_failing_database_means_another_attempt(queue, broken_db):
    await deliver(CarrierEvent("JD0146", "in_transit"))
    assert queue.delayed == [(deliver, 1, 2.0)]


async def test_the_sixth_failure_goes_to_the_dead_letters(queue, broken_db, dead_letters):
    await deliver(CarrierEvent("JD0146", "in_transit"), attempt=MAX_ATTEMPTS)
    assert dead_letters.count == 1""",
    finding="`deliver()` opens a session and applies the event in one go; an `OperationalError` during "
    "failover escapes to FastAPI, which answers 500 and forgets the event.",
    outcome="Failed deliveries are queued again with exponential backoff and full jitter (2 s up to 5 min, "
    "six attempts), then land in `webhook_dead_letters` with the reason.",
)

N_PLUS_ONE = Story(
    title="Speed up the shipment list endpoint",
    later_title="Add an index for the shipment list",
    prompt="GET /shipments takes 4 seconds for our biggest customer. Profile it and fix the worst part.",
    follow_ups=(
        "How many queries does it run now? Add a test that keeps it that way.",
        "Would an index on (customer_id, created_at) help as well? Check with explain.",
        "Write the migration please, concurrently so it doesn't lock the table.",
    ),
    path="app/shipments/queries.py",
    before="""def list_shipments(db: Session, customer_id: int, limit: int = 200) -> list[ShipmentRow]:
    shipments = db.scalars(select(Shipment).where(Shipment.customer_id == customer_id).limit(limit))
    return [ShipmentRow(s.id, s.carrier.name, len(s.parcels), s.latest_event()) for s in shipments]""",
    after="""def list_shipments(db: Session, customer_id: int, limit: int = 200) -> list[ShipmentRow]:
    shipments = db.scalars(
        select(Shipment)
        .where(Shipment.customer_id == customer_id)
        .order_by(Shipment.created_at.desc())
        .options(joinedload(Shipment.carrier), selectinload(Shipment.parcels))
        .limit(limit)
    )
    latest = latest_events(db, customer_id)
    return [ShipmentRow(s.id, s.carrier.name, len(s.parcels), latest.get(s.id)) for s in shipments]""",
    test_path="tests/shipments/test_queries.py",
    test_code="""def test_the_list_runs_four_queries_whatever_its_length(db, count_queries, make_shipments):
    make_shipments(customer_id=7, n=50)
    with count_queries() as queries:
        rows = list_shipments(db, customer_id=7)
    assert len(rows) == 50
    assert queries.n == 4""",
    finding="Classic N+1: for 200 shipments the endpoint ran **601 queries**, one each for carrier, parcels "
    "and the latest event.",
    outcome="Four queries whatever the length; p95 on the staging copy went from 4.1 s to 180 ms.",
)

TIMEZONES = Story(
    title="Fix delivery dates that are a day early",
    later_title="Store event times with their offset",
    prompt="Customers in Lisbon see deliveries a day early. I think we drop the timezone somewhere between the "
    "carrier feed and the API. Can you track it down?",
    follow_ups=(
        "Which other carriers are affected? Look at the fixtures.",
        "Please backfill the last 30 days with a script, dry run by default.",
        "Add a property test for the parser with random offsets.",
    ),
    path="app/carriers/parse.py",
    before="""def parse_event_time(raw: str) -> datetime:
    return datetime.strptime(raw[:19], "%Y-%m-%dT%H:%M:%S")""",
    after="""def parse_event_time(raw: str, fallback: ZoneInfo) -> datetime:
    at = datetime.fromisoformat(raw)
    if at.tzinfo is None:
        at = at.replace(tzinfo=fallback)
    return at.astimezone(UTC)""",
    test_path="tests/carriers/test_parse.py",
    test_code="""@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-10-24T23:30:00+01:00", datetime(2026, 10, 24, 22, 30, tzinfo=UTC)),
        ("2026-10-24T23:30:00Z", datetime(2026, 10, 24, 23, 30, tzinfo=UTC)),
        ("2026-10-24T23:30:00", datetime(2026, 10, 24, 21, 30, tzinfo=UTC)),
    ],
)
def test_event_times_are_utc(raw, expected):
    assert parse_event_time(raw, ZoneInfo("Europe/Berlin")) == expected""",
    finding="`raw[:19]` cuts the offset off before parsing, so every event is taken as UTC. Events after 23:00 "
    "local time then fall on the wrong day.",
    outcome="Times keep their offset, naive ones use the carrier's own zone, and everything is stored in UTC.",
)

PYDANTIC = Story(
    title="Upgrade to pydantic 2.12 and drop the v1 shim",
    later_title="Remove the last pydantic v1 validators",
    prompt="We still import pydantic.v1 in a few places. Please migrate them and remove the shim, tests must stay green.",
    follow_ups=(
        "mypy is unhappy about the computed field, can you have a look?",
        "Run the whole suite once more and show me only failures.",
        "Summarise the breaking changes for the changelog.",
    ),
    path="app/schemas/parcel.py",
    before="""class ParcelOut(BaseModel):
    tracking_number: str
    weight_grams: int

    @validator("tracking_number")
    def upper(cls, value):
        return value.upper()

    class Config:
        orm_mode = True""",
    after="""class ParcelOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    tracking_number: Annotated[str, AfterValidator(str.upper)]
    weight_grams: PositiveInt

    @computed_field
    @property
    def weight_kg(self) -> float:
        return self.weight_grams / 1000""",
    test_path="tests/schemas/test_parcel.py",
    test_code="""def test_tracking_numbers_are_upper_case():
    parcel = ParcelOut(tracking_number="jd0146", weight_grams=1250)
    assert parcel.tracking_number == "JD0146"
    assert parcel.model_dump()["weight_kg"] == 1.25""",
    finding="Eleven modules import `pydantic.v1`; nine are plain renames, two rely on `each_item` validators "
    "that have no direct counterpart.",
    outcome="No `pydantic.v1` import is left; the two `each_item` validators became annotated item types.",
)

LABELS = Story(
    title="Print labels as PDF/A with embedded fonts",
    later_title="Cache rendered label PDFs",
    prompt="The return labels must be PDF/A now, the carrier rejects ours because a font is not embedded. See docs/labels.md.",
    follow_ups=(
        "The umlauts in 'Größe' and 'Straße' come out as boxes, please check the font subset.",
        "Can we cache the rendered PDF by content hash?",
        "ok, commit this with a short message",
    ),
    path="app/labels/render.py",
    before="""def render_label(label: Label) -> bytes:
    canvas = Canvas(pagesize=A6)
    canvas.setFont("Helvetica", 11)
    draw_address(canvas, label.recipient)
    return canvas.getpdfdata()""",
    after="""def render_label(label: Label) -> bytes:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A6, pdfVersion=(1, 4))
    canvas.setFont(embedded_font("Inter"), 11)
    draw_address(canvas, label.recipient)
    draw_barcode(canvas, label.tracking_number)
    canvas.save()
    return with_output_intent(buffer.getvalue(), "sRGB")""",
    test_path="tests/labels/test_render.py",
    test_code="""def test_every_font_is_embedded(label):
    fonts = pdf_fonts(render_label(label))
    assert fonts
    assert all(font.is_embedded for font in fonts)""",
    finding="ReportLab's built-in Helvetica is referenced, never embedded, and the file has no output intent; "
    "both are PDF/A violations.",
    outcome="Labels embed Inter, carry an sRGB output intent and pass `verapdf --flavour 2b`.",
)

PROJECT = Project(
    cwd="/home/mara/code/parcel-tracker",
    language="python",
    branches=("main", "fix/webhook-retries", "feat/pdf-a-labels"),
    test_command="uv run pytest -q",
    files=(
        "app/main.py", "app/db.py", "app/webhooks/queue.py", "app/shipments/models.py",
        "app/carriers/dhl.py", "app/labels/fonts.py", "app/settings.py", "tests/conftest.py",
    ),
    nouns=("parcel", "shipment", "carrier", "event", "label", "customer", "route", "depot"),
    search_queries=("sqlalchemy selectinload vs joinedload 2.1", "reportlab pdf/a output intent"),
    mcp_tool="mcp__postgres__query",
    stories=(RETRY, N_PLUS_ONE, TIMEZONES, PYDANTIC, LABELS),
)  # fmt: skip
