// A card on Airflow's Home: how far the published figures are behind the archive.
const React = globalThis.React;
const h = React.createElement;

const ago = (at) => {
  if (!at) return "nothing yet";
  const minutes = Math.max(0, Math.round((Date.now() - new Date(at)) / 60000));
  return minutes < 120 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
};

const row = (name, value) =>
  h(
    "div",
    { key: name, style: { display: "flex", gap: "1rem" } },
    h("span", { style: { minWidth: "9rem", opacity: 0.7 } }, name),
    h("span", null, value),
  );

// Where Airflow lives, which may be under a path of its own.
const base = () => new URL(document.baseURI).pathname.replace(/\/$/, "");

const lastRun = (run) => {
  if (!run) return "none yet";
  const text = `${run.state}, ${run.dag_id}, ${ago(run.ended_at)}`;
  // `cca pipeline` runs without Airflow, so there is no page of it.
  if (run.run_id.startsWith("cca__")) return text;
  const href = `${base()}/dags/${run.dag_id}/runs/${encodeURIComponent(run.run_id)}`;
  return h("a", { href, style: { textDecoration: "underline" } }, text);
};

const Freshness = () => {
  const [state, setState] = React.useState(null);
  const [error, setError] = React.useState("");
  React.useEffect(() => {
    const look = () =>
      fetch(`${base()}/cca/freshness`)
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
        .then((found) => {
          setState(found);
          setError("");
        })
        .catch((problem) => setError(`unknown: ${problem.message}`));
    look();
    const timer = setInterval(look, 30000);
    return () => clearInterval(timer);
  }, []);
  return h(
    "section",
    {
      "data-testid": "cca-freshness",
      style: {
        border: "1px solid var(--chakra-colors-border, #ccc)",
        borderRadius: "8px",
        padding: "1rem",
        margin: "1rem 0",
      },
    },
    h("strong", null, "Conversations"),
    error ? row("freshness", error) : null,
    state
      ? [
          row("last arrival", ago(state.newest_at)),
          row(
            "published up to",
            state.is_behind
              ? `${ago(state.published_at)}, newer entries wait for the next run`
              : "everything there is",
          ),
          row("last run", lastRun(state.last_run)),
        ]
      : null,
  );
};

globalThis.AirflowPlugin = Freshness;
export default Freshness;
