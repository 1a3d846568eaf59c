// The operations board: samples that are kept, thresholds as people write them. No DOM.

/** Samples older than this, before the newest, are let go: as many as the engine keeps at its usual step. */
export const KEPT_MS = 2 * 3600 * 1000;

/** Nothing known yet. `values`: by figure, one for each of `times`. */
export const nothing = () => ({ times: [], values: {}, figures: [], thresholds: [], revision: 0, step_ms: 10000 });

/** Takes over `GET /v1/board`, whose samples follow those that are known. */
export function merged(known, view) {
  const last = known.times.at(-1) ?? -Infinity;
  // An engine that was started anew, or whose clock was put back, begins again.
  const begins = view.times_ms.length > 0 && view.times_ms[0] <= last;
  const before = begins ? { times: [], values: {} } : known;
  const times = [...before.times, ...view.times_ms];
  const from = times.findIndex((at) => at > (times.at(-1) ?? 0) - KEPT_MS);
  const cut = Math.max(0, from);
  const values = {};
  for (const { figure, values: added } of view.figures) {
    const was = before.values[figure] ?? before.times.map(() => null);
    values[figure] = [...was, ...added].slice(cut);
  }
  return { times: times.slice(cut), values, step_ms: view.step_ms, revision: view.revision, thresholds: view.thresholds,
    figures: view.figures.map(({ figure, unit, value, usual }) => ({ figure, unit, value, usual })) };
}

/** The samples of a figure in the last `ms`, for a chart: times in seconds, and values. */
export function windowOf({ times, values }, figure, ms) {
  const from = times.findIndex((at) => at > (times.at(-1) ?? 0) - ms);
  if (from < 0) return [[], []];
  return [times.slice(from).map((at) => at / 1000), (values[figure] ?? []).slice(from)];
}

/** The lowest, the highest and the last known of some values; `null` if there is none. */
export function extremes(values) {
  const known = values.filter((value) => value !== null && value !== undefined);
  return known.length === 0 ? null : { lowest: Math.min(...known), highest: Math.max(...known), last: known.at(-1) };
}

/** Shares are shown in per cent, and so are their changes; what is compared with the usual is in per cent already. */
const factor = (unit, measure) => (unit === 'ratio' && measure !== 'percent_of_usual' ? 100 : 1);

/** What people are told a limit is counted in: a key of their words. */
export function unitOf(unit, measure) {
  if (measure === 'percent_of_usual') return 'percent_of_usual';
  return unit === 'ratio' ? 'percent' : unit;
}

/** A value of the engine as people read it, and back; without the noise of binary fractions. */
export const toShown = (value, unit, measure = 'value') => Number((value * factor(unit, measure)).toPrecision(12));
export const fromShown = (value, unit, measure = 'value') => Number((value / factor(unit, measure)).toPrecision(12));

/** Which thresholds are passed, by their ids, after an event that tells of one. */
export function turned(raised, event) {
  const next = new Map(raised);
  if (event.kind === 'threshold_raised') next.set(event.threshold, { id: event.threshold, name: event.name, figure: event.figure });
  else next.delete(event.threshold);
  return next;
}

/** The same from the thresholds as the engine shows them. */
export const raisedOf = (thresholds) => new Map(thresholds.filter((one) => ['raised', 'easing'].includes(one.standing))
  .map(({ id, name, figure }) => [id, { id, name, figure }]));

/** As the engine takes it: without what it says about where it stands. */
export function asSet({ id, name, figure, measure, side, limit, for_s, back, back_for_s }) {
  const set = { id, name, figure, measure, side, limit, for_s, back_for_s };
  return back === undefined || back === null ? set : { ...set, back };
}

/** An id that none of `thresholds` has. */
export function newId(figure, thresholds) {
  const taken = new Set(thresholds.map((one) => one.id));
  for (let n = 1; ; n += 1) if (!taken.has(`${figure}-${n}`)) return `${figure}-${n}`;
}

/** All thresholds with one in its place, or behind the others if it is new. */
export const withThreshold = (thresholds, one) => (thresholds.some(({ id }) => id === one.id)
  ? thresholds.map((was) => (was.id === one.id ? one : was)) : [...thresholds, one]);
