import assert from 'node:assert/strict';
import { test } from 'node:test';

import { read, told } from '../state/contract.js';

test('the framing page is told what concerns it and no words of the call', () => {
  const call_id = 'c-1';
  assert.deepEqual(told({ kind: 'call_started', call_id, caller: { given: '(415)', e164: '+1415' }, callee: { given: '7' }, direction: 'inbound' }),
    { type: 'call_started', call_id, caller: '+1415', callee: '7', direction: 'inbound' });
  assert.deepEqual(told({ kind: 'crm_written', call_id, ticket_id: 'T-1', task_ids: [] }), { type: 'note_written', call_id, ticket_id: 'T-1' });
  assert.equal(told({ kind: 'alert_raised', call_id, folded: true }), null);
  assert.equal(told({ kind: 'customer_identified', call_id, candidates: [{}] }), null, 'nobody knows which');
  for (const kind of ['final', 'partial', 'dtmf', 'summary', 'memo']) assert.equal(told({ kind, call_id }), null, kind);
});

test('what is asked for is read, what is not meant for the desk is left alone, and what is wrong is told', () => {
  assert.deepEqual(read({ sidetone: 1, type: 'show_call', call_id: 'c-1' }), { type: 'show_call', value: 'c-1' });
  assert.deepEqual(read({ sidetone: 1, type: 'focus' }), { type: 'focus', value: null });
  for (const other of [null, 'x', 7, {}, { type: 'show_call' }, []]) assert.equal(read(other), null);
  assert.match(read({ sidetone: 2, type: 'focus' }).error, /version 1/);
  assert.match(read({ sidetone: 1, type: 'constructor' }).error, /no message/);
  assert.match(read({ sidetone: 1, type: 'show_call', call_id: 7 }).error, /needs `call_id`/);
  assert.match(read({ sidetone: 1, type: 'show_call', call_id: 'x'.repeat(257) }).error, /at most 256/);
});
