// node --test engine/server/desk/tests/

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { draftOf, hasTask, hasTicket, isOpen, review } from '../state/note.js';

const summary = { lang: 'en', reason: 'Charged twice', actions: ['Refund begun'], keywords: ['refund', 'bill'], urgent: false,
  promises: [{ role: 'agent', text: 'I will call you', kind: 'callback', due: '2026-05-07' }],
  follow_ups: [{ kind: 'callback', title: 'Callback: refund', due: '2026-05-07' }, { kind: 'refund', title: 'Refund', due: null }] };
const note = (fields) => ({ state: 'review', revision: 3, written: [], summary, ...fields });

test('a draft that nobody touched asks for what stands there', () => {
  const order = review(note(), draftOf(note()), true);
  assert.deepEqual(order, { revision: 3, confirm: true, reason: 'Charged twice', disposition: '', urgent: false, actions: ['Refund begun'],
    keywords: ['refund', 'bill'], memo: '', promises: [{ role: 'agent', text: 'I will call you', kind: 'callback', due: '2026-05-07' }],
    follow_ups: [{ kind: 'callback', title: 'Callback: refund', due: '2026-05-07', due_time: null }, { kind: 'refund', title: 'Refund', due: null, due_time: null }] });
});

test('lines that were emptied are dropped', () => {
  const draft = draftOf(note());
  draft.actions = 'One\n\n  Two ';
  draft.keywords = '退款、账单，, one';
  draft.follow_ups[0].title = ' ';
  draft.promises[0].text = '';
  const order = review(note(), draft, false);
  assert.deepEqual([order.actions, order.keywords], [['One', 'Two'], ['退款', '账单', 'one']]);
  assert.deepEqual(order.follow_ups.map((task) => task.title), ['Refund']);
  assert.deepEqual(order.promises, []);
});

test('what the CRM has already is not asked for again', () => {
  const half = note({ state: 'dead', written: [{ step: 'ticket', crm_id: 'T-1' }, { step: 'task/0', crm_id: 'K-1' }] });
  assert.deepEqual([hasTicket(half), hasTask(half, 0), hasTask(half, 1)], [true, true, false]);
  const draft = draftOf(half);
  draft.reason = 'Something else';
  draft.follow_ups[0].title = 'Changed';
  draft.follow_ups[1].title = 'Refund by Monday';
  const order = review(half, draft, true);
  assert.equal(order.reason, undefined);
  assert.deepEqual(order.follow_ups.map((task) => task.title), ['Callback: refund', 'Refund by Monday']);
});

test('only a note that is not on its way may be changed', () => {
  assert.deepEqual(['review', 'waiting', 'dead', 'in_flight', 'delivered'].map((state) => isOpen(note({ state }))), [true, true, true, false, false]);
  assert.equal(isOpen(null), false);
});
