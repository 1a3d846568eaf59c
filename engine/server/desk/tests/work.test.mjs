import assert from 'node:assert/strict';
import { test } from 'node:test';

import { newWork, progress, workNext } from '../state/work.js';

const list = (...names) => ({ kind: 'checklist', items: names.map((item) => ({ item, text: `Say ${item}` })) });
const tick = (item) => ({ kind: 'checklist_ticked', item, utterance: 3, start_ms: 4000 });

test('items are ticked in place, and the next open one is known', () => {
  const work = [list('greeting', 'identity'), tick('greeting')].reduce(workNext, newWork());
  assert.deepEqual(work.items.map((one) => [one.item, one.tick?.start_ms]), [['greeting', 4000], ['identity', undefined]]);
  const { said, all, next } = progress(work);
  assert.deepEqual([said, all, next.item], [1, 2, 'identity']);
});

test('more that must be said leaves what was ticked as it is', () => {
  const work = [list('greeting'), tick('greeting')].reduce(workNext, newWork());
  const more = workNext(work, list('greeting', 'price'));
  assert.equal(more.items[0], work.items[0]);
  assert.equal(progress(workNext(more, tick('price'))).next, null);
});

test('events of others change nothing', () => {
  const work = newWork();
  assert.equal(workNext(work, { kind: 'final' }), work);
});

const promise = (number, text, due) => ({ number, utterance: 3, promise: { role: 'agent', text, kind: 'callback', due } });

test('promises are listed as they were made, moved, put right and withdrawn', () => {
  const events = [
    { kind: 'promise_made', ...promise(1, 'Call back', '2026-05-07') },
    { kind: 'promise_made', ...promise(2, 'Send the contract') },
    { kind: 'promise_changed', ...promise(1, 'Call back', '2026-05-08'), by: 'ann' },
  ];
  const work = events.reduce(workNext, newWork());
  assert.deepEqual(work.promises.map((one) => [one.number, one.due, one.by]), [[1, '2026-05-08', 'ann'], [2, '', null]]);
  assert.deepEqual(workNext(work, { kind: 'promise_withdrawn', number: 1 }).promises.map((one) => one.number), [2]);
});
