// What the agent of a call works through: what must be said, and what was promised. No DOM: see tests/work.test.mjs.

export const newWork = () => ({ items: [], ticks: {}, promises: [] });

/** What one event changes. */
export function workNext(work, event) {
  switch (event.kind) {
    case 'checklist': return { ...work, items: event.items.map((one) => ticked(kept(work.items, one), work.ticks)) };
    case 'checklist_ticked': {
      const ticks = { ...work.ticks, [event.item]: { utterance: event.utterance, start_ms: event.start_ms } };
      return { ...work, ticks, items: work.items.map((one) => ticked(one, ticks)) };
    }
    case 'promise_made': case 'promise_changed': return { ...work, promises: withPromise(work.promises, event) };
    case 'promise_withdrawn': return { ...work, promises: work.promises.filter((one) => one.number !== event.number) };
    default: return work;
  }
}

/** Items that did not change stay the same, so that they are not drawn anew. */
const kept = (items, one) => items.find((was) => was.item === one.item && was.text === one.text) ?? { item: one.item, text: one.text, tick: null };
const ticked = (one, ticks) => (ticks[one.item] && !one.tick ? { ...one, tick: ticks[one.item] } : one);

/** How many of how many were said, and what is to be said next; none where all was. */
export function progress({ items }) {
  const open = items.filter((one) => !one.tick);
  return { said: items.length - open.length, all: items.length, next: open[0] ?? null };
}

/** Promises stand in the order in which they were made. */
function withPromise(promises, { number, utterance, promise, by }) {
  const one = { number, utterance, role: promise.role, text: promise.text, due: promise.due ?? '', by: by ?? null };
  return [...promises.filter((other) => other.number !== number), one].toSorted((a, b) => a.number - b.number);
}
