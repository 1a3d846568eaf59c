// The curve of strain in a call: which points are kept, and where they lie. No DOM.

/** One point of the curve: `at`, ms of the call; `strain` in [0, 1]; `mood`, the likeliest by its name. */
const point = (role, at, { strain, mood }) => ({ role, at, strain, mood });

/** The point that an `emotion` event tells. */
export const pointOf = (event) => point(event.role, event.end_ms, event);

/** The points that a summary brings. */
export const pointsOf = (summary) => (summary.mood ?? []).map((one) => point(one.role, one.at_ms, one));

/** Adds a point. Beyond `limit` the one goes whose loss changes the curve of its voice least, so that peaks stay. */
export function withPoint(points, added, limit) {
  const next = [...points, added];
  if (next.length > limit) next.splice(leastOf(next), 1);
  return next;
}

/** Where the point stands that bends its curve least (Visvalingam and Whyatt 1993). The ends of a line stay. */
function leastOf(points) {
  let [least, area] = [0, Infinity];
  for (const role of new Set(points.map((one) => one.role))) {
    const own = points.map((one, i) => [one, i]).filter(([one]) => one.role === role);
    for (let k = 1; k < own.length - 1; k += 1) {
      const [[a], [b, i], [c]] = own.slice(k - 1, k + 2);
      const bend = Math.abs((b.at - a.at) * (c.strain - a.strain) - (c.at - a.at) * (b.strain - a.strain));
      if (bend < area) [least, area] = [i, bend];
    }
  }
  return least;
}

/**
 * Lays the curve out on a square of 100 by 100, y downwards: a line per voice, the customer's first, and a mark per alert.
 * `end` is the time at the right edge, in ms of the call.
 */
export function layOut(points, alerts) {
  const end = Math.max(1, ...points.map((one) => one.at), ...alerts.map((alert) => alert.end_ms));
  const x = (at) => (100 * Math.max(0, at)) / end;
  const y = (strain) => 100 - 100 * Math.min(1, Math.max(0, strain));
  const lines = ['customer', 'agent'].map((role) => points.filter((one) => one.role === role)).filter((own) => own.length > 0)
    .map((own) => ({ role: own[0].role, last: own.at(-1), highest: own.reduce((a, b) => (b.strain > a.strain ? b : a)),
      places: own.map((one) => [x(one.at), y(one.strain)]) }));
  const marks = alerts.map((alert) => ({ severity: alert.severity, from: x(alert.start_ms), to: x(alert.end_ms) }));
  return { lines, marks, end };
}

/** Moves the heights of two labels apart if they are closer than `room`. Heights are in [0, 100]. */
export function apart(heights, room) {
  const [a, b] = heights;
  if (b === undefined || Math.abs(a - b) >= room) return heights;
  const middle = Math.min(100 - room / 2, Math.max(room / 2, (a + b) / 2));
  return a <= b ? [middle - room / 2, middle + room / 2] : [middle + room / 2, middle - room / 2];
}
