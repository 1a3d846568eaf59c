import assert from 'node:assert/strict';
import { test } from 'node:test';

import { merged, newWork, progress, workNext } from '../state/work.js';

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

test('what is typed takes the place of what was, and pins are listed once each', () => {
  const events = [{ kind: 'memo', text: 'a', revision: 1 }, { kind: 'memo', text: 'ab', revision: 2 }, { kind: 'memo', text: 'a', revision: 1 },
    { kind: 'pinned', pin: 'utterance-1' }, { kind: 'pinned', pin: 'card-2-x' }, { kind: 'pinned', pin: 'utterance-1' }, { kind: 'unpinned', pin: 'card-2-x' }];
  const work = events.reduce(workNext, newWork());
  assert.deepEqual([work.memo, work.pins], [{ text: 'ab', revision: 2 }, ['utterance-1']]);
});

test('what two people type at once is all there', () => {
  assert.equal(merged('', 'mine', ''), 'mine');
  assert.equal(merged('a', 'a', 'b'), 'b');
  assert.equal(merged('a', 'a mine', 'a theirs'), 'a theirs\n mine');
  assert.equal(merged('a', 'a\nmine', 'a\ntheirs'), 'a\ntheirs\nmine');
  assert.equal(merged('a', 'x', 'b'), 'b\nx');
  assert.equal(merged('a', 'ab', 'ab'), 'ab');
  assert.equal(merged('card 4111', 'card 4111 is gone', 'card [card number]'), 'card [card number]\n is gone');
});
