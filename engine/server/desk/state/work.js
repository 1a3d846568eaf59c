// What the agent of a call works through and makes by hand: what must be said, what was promised, notes and pins. No DOM: see tests/work.test.mjs.

export const newWork = () => ({ items: [], ticks: {}, promises: [], memo: { text: '', revision: 0 }, pins: [] });

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
    case 'memo': return event.revision > work.memo.revision ? { ...work, memo: { text: event.text, revision: event.revision } } : work;
    case 'pinned': return work.pins.includes(event.pin) ? work : { ...work, pins: [...work.pins, event.pin] };
    case 'unpinned': return { ...work, pins: work.pins.filter((one) => one !== event.pin) };
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

/** What is typed from `base` on, `mine`, over another text that has taken the place of `base` meanwhile. */
export function merged(base, mine, theirs) {
  if (mine === base || mine === theirs) return theirs;
  if (theirs === base) return mine;
  const added = mine.startsWith(base) ? mine.slice(base.length) : mine;
  return theirs.endsWith(added) ? theirs : `${theirs}${theirs && !added.startsWith('\n') && !/\s$/.test(theirs) ? '\n' : ''}${added}`;
}
