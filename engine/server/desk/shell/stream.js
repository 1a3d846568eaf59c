// The engine's events, one stream for all tabs of a browser.
//
// Over HTTP/1.1 a browser opens six connections to a host. A stream for each tab would leave none for
// the seventh, nor for anything else. Where there are shared workers one of them listens for all tabs
// (worker.js). Elsewhere each tab listens by itself, and lets go of its stream while it is hidden.
// Nothing here touches the page or the engine but through what it is given: see tests/stream.test.mjs.

/** Every kind of event the desk listens to; EventSource tells them apart by name. */
const KINDS = ['call_started', 'call_ended', 'call_updated', 'party_joined', 'party_left', 'leg_state', 'source_changed',
  'speech_begin', 'speech_end', 'partial', 'final', 'revised', 'retracted',
  'unrecognised', 'gap', 'dtmf', 'no_media', 'recording', 'consent', 'customer_identified', 'suggestion', 'alert_raised', 'alert_cleared', 'alert_seen',
  'checklist', 'checklist_ticked', 'promise_made', 'promise_changed', 'promise_withdrawn', 'memo', 'pinned', 'unpinned', 'claimed', 'released', 'message', 'message_read',
  'emotion', 'summary', 'crm_written', 'crm_failed', 'lagged', 'threshold_raised', 'threshold_cleared'];

const RETRY_MS = 3000;

/**
 * One stream. EventSource reconnects by itself and names the last event it saw; where it gives up,
 * because the answer was an error, we start anew after that event. `agent` may be empty: all calls.
 */
export class Source {
  #agent = '';
  #last = '';
  #source = null;
  #timer = null;

  /** `path` is that of the events; `make(url)` opens an EventSource. */
  constructor(path, { onEvent, onState }, make = (url) => new EventSource(url)) {
    Object.assign(this, { path, onEvent, onState, make });
  }

  /** Whether there is a stream, or there will be one again. */
  get listening() { return this.#source !== null || this.#timer !== null; }

  /** Listens to the calls of `agent` from now on, or from the last event on. */
  listen(agent) {
    this.close();
    this.#agent = agent;
    const query = new URLSearchParams();
    if (agent) query.set('agent_id', agent);
    if (this.#last) query.set('after', this.#last);
    const source = this.make(`${this.path}?${query}`);
    this.#source = source;
    source.onopen = () => this.onState('open');
    source.onerror = () => {
      this.onState('broken');
      if (source.readyState !== 2) return; // It tries again by itself.
      this.#source = null;
      this.#timer = setTimeout(() => this.listen(this.#agent), RETRY_MS);
    };
    const take = (message) => {
      let event;
      try { event = JSON.parse(message.data); } catch { return; }
      if (typeof event?.kind !== 'string') return;
      this.#last = message.lastEventId || this.#last;
      this.onEvent(event);
    };
    for (const kind of KINDS) source.addEventListener(kind, take);
  }

  /** Lets go of the stream, to go on after the last event some day. */
  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = this.#timer = null;
  }

  /** Lets go of it for good: those who listen anew load what they need. */
  end() {
    this.close();
    this.#last = '';
  }
}

/** Hands one stream on to any number of tabs, each of which may be narrowed to an agent. */
export class Shared {
  /** By port: the agent whose calls its tab shows; empty for all. */
  #tabs = new Map();
  #agent = null;
  #state = 'connecting';

  /** `makeSource(handlers)` makes the one [`Source`]. */
  constructor(makeSource) {
    this.source = makeSource({
      onEvent: (event) => this.#tell({ event }, (agent) => !agent || !event.agent_id || event.agent_id === agent),
      onState: (state) => { this.#state = state; this.#tell({ state }); },
    });
  }

  /** A tab comes. It hears at once how the stream is. */
  join(port, agent) {
    this.#tabs.set(port, agent);
    if (!this.#narrow()) port.postMessage({ state: this.#state });
  }

  /** A tab goes. With the last one goes the stream. */
  leave(port) {
    this.#tabs.delete(port);
    if (this.#tabs.size > 0) return void this.#narrow();
    this.#agent = null;
    this.#state = 'connecting';
    this.source.end();
  }

  /** Listens to what all tabs need together: one agent's calls, or everybody's. Tells whether that changed. */
  #narrow() {
    const agents = new Set(this.#tabs.values());
    const agent = agents.size === 1 ? [...agents][0] : '';
    if (agent === this.#agent) return false;
    this.#agent = agent;
    this.source.listen(agent);
    return true;
  }

  #tell(message, wants = () => true) {
    for (const [port, agent] of this.#tabs) if (wants(agent)) port.postMessage(message);
  }
}

/**
 * Listens for as long as the page lives: by the shared worker that `startWorker` starts, or by itself
 * where there is none. `page` is the document, `view` its window.
 */
export function listen(agent, handlers, { startWorker, makeSource, page = document, view = window }) {
  const alone = () => listenAlone(agent, makeSource(handlers), page);
  let worker;
  try { worker = startWorker(); } catch { return alone(); }
  const { port } = worker;
  let heard = false;
  let gone = false;
  const giveUp = () => {
    if (heard || gone) return;
    gone = true;
    port.close();
    alone();
  };
  worker.onerror = giveUp;
  port.onmessage = ({ data }) => {
    if (gone) return;
    heard = true;
    if (data.state) handlers.onState(data.state);
    if (data.event) handlers.onEvent(data.event);
  };
  port.start?.();
  const join = () => port.postMessage({ join: agent });
  join();
  view.addEventListener('pagehide', () => { if (!gone) port.postMessage({ leave: true }); });
  view.addEventListener('pageshow', (event) => { if (event.persisted && !gone) join(); });
}

function listenAlone(agent, source, page) {
  const follow = () => {
    if (page.hidden) source.close();
    else if (!source.listening) source.listen(agent);
  };
  page.addEventListener('visibilitychange', follow);
  follow();
}
