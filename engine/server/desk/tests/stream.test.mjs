// node --test engine/server/desk/tests/

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Shared, Source, listen } from '../shell/stream.js';

/** An EventSource that says what it is told to. */
class FakeEventSource {
  static all = [];
  static open = () => FakeEventSource.all.filter((source) => source.readyState !== 2);
  readyState = 0;
  kinds = {};
  constructor(url) { this.url = String(url); FakeEventSource.all.push(this); }
  addEventListener(kind, take) { this.kinds[kind] = take; }
  close() { this.readyState = 2; }
  connected() { this.readyState = 1; this.onopen(); }
  tell(event, id = '') { this.kinds[event.kind]({ data: JSON.stringify(event), lastEventId: id }); }
}

const source = (handlers) => new Source('v1/events', handlers, (url) => new FakeEventSource(url));
const port = () => ({ told: [], postMessage(message) { this.told.push(message); } });
const events = (tab) => tab.told.filter((message) => message.event).map(({ event }) => event.call_id);
const fresh = () => { FakeEventSource.all = []; return new Shared(source); };
const started = (call_id, agent_id) => ({ kind: 'call_started', call_id, agent_id });

test('eight tabs share one connection to the engine', () => {
  const shared = fresh();
  const tabs = Array.from({ length: 8 }, port);
  for (const tab of tabs) shared.join(tab, '');
  assert.equal(FakeEventSource.all.length, 1);
  FakeEventSource.all[0].connected();
  FakeEventSource.all[0].tell(started('c1', 'a1'), '1');
  for (const tab of tabs) assert.deepEqual([tab.told.some(({ state }) => state === 'open'), events(tab)], [true, ['c1']]);
});

test('a tab that comes late hears at once that the stream is open', () => {
  const shared = fresh();
  shared.join(port(), '');
  FakeEventSource.all[0].connected();
  const late = port();
  shared.join(late, '');
  assert.deepEqual(late.told, [{ state: 'open' }]);
});

test('tabs of different agents get their own calls only, over one stream that goes on where it was', () => {
  const shared = fresh();
  const [one, other] = [port(), port()];
  shared.join(one, 'a1');
  assert.match(FakeEventSource.all[0].url, /agent_id=a1$/);
  FakeEventSource.all[0].tell(started('c1', 'a1'), '7');
  shared.join(other, 'a2');
  assert.equal(FakeEventSource.open().length, 1);
  const [now] = FakeEventSource.open();
  assert.match(now.url, /\?after=7$/);
  now.tell(started('c2', 'a2'), '8');
  now.tell({ kind: 'lagged', events_missed: 1 });
  assert.deepEqual(events(one), ['c1', undefined]);
  assert.deepEqual(events(other), ['c2', undefined]);
});

test('the stream goes with the last tab and comes back with the next', () => {
  const shared = fresh();
  const [one, two] = [port(), port()];
  shared.join(one, '');
  shared.join(two, '');
  FakeEventSource.all[0].tell(started('c1', 'a1'), '7');
  shared.leave(one);
  assert.equal(FakeEventSource.open().length, 1);
  shared.leave(two);
  assert.equal(FakeEventSource.open().length, 0);
  shared.join(one, '');
  assert.deepEqual(FakeEventSource.open().map(({ url }) => url), ['v1/events?']);
});

test('a stream that the engine refused is asked for again after the last event', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  FakeEventSource.all = [];
  const states = [];
  const one = source({ onEvent() {}, onState: (state) => states.push(state) });
  one.listen('');
  const [first] = FakeEventSource.all;
  first.connected();
  first.tell(started('c1', 'a1'), '41');
  first.readyState = 2;
  first.onerror();
  assert.equal(one.listening, true);
  context.mock.timers.tick(3000);
  assert.match(FakeEventSource.all[1].url, /after=41/);
  assert.deepEqual(states, ['open', 'broken']);
});

/** A page that can be hidden. */
function fakePage() {
  const page = new EventTarget();
  page.hidden = false;
  page.turn = (hidden) => { page.hidden = hidden; page.dispatchEvent(new Event('visibilitychange')); };
  return page;
}

test('without a shared worker a tab lets go of its stream while it is hidden', () => {
  FakeEventSource.all = [];
  const page = fakePage();
  const startWorker = () => { throw new ReferenceError('SharedWorker is not defined'); };
  listen('', { onEvent() {}, onState() {} }, { startWorker, makeSource: source, page, view: new EventTarget() });
  const open = () => FakeEventSource.open().length;
  assert.equal(open(), 1);
  page.turn(true);
  assert.equal(open(), 0);
  page.turn(false);
  assert.equal(open(), 1);
});

test('a worker that cannot start is done without', () => {
  FakeEventSource.all = [];
  const worker = { port: { postMessage() {}, close() {} } };
  listen('', { onEvent() {}, onState() {} }, { startWorker: () => worker, makeSource: source, page: fakePage(), view: new EventTarget() });
  assert.equal(FakeEventSource.all.length, 0);
  worker.onerror();
  assert.equal(FakeEventSource.all.length, 1);
});

test('a tab takes leave of the worker when it goes, and joins again when it comes back', () => {
  const told = [];
  const worker = { port: { postMessage: (message) => told.push(message), close() {} } };
  const view = new EventTarget();
  listen('a1', { onEvent() {}, onState() {} }, { startWorker: () => worker, makeSource: source, page: fakePage(), view });
  view.dispatchEvent(new Event('pagehide'));
  view.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  assert.deepEqual(told, [{ join: 'a1' }, { leave: true }, { join: 'a1' }]);
});
