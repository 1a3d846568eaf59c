// The engine's HTTP interface, as far as the desk uses it. Paths are relative: a proxy may add a prefix.

/** An answer that is not what was asked for. `status` is 0 if there was no answer at all. */
export class ApiError extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

/** Every kind of event the desk listens to; EventSource tells them apart by name. */
const KINDS = ['call_started', 'call_ended', 'speech_begin', 'speech_end', 'partial', 'final', 'retracted',
  'unrecognised', 'gap', 'dtmf', 'no_media', 'customer_identified', 'suggestion', 'alert_raised', 'alert_cleared',
  'emotion', 'summary', 'crm_written', 'crm_failed', 'lagged'];

const RETRY_MS = 3000;

const callPath = (callId) => `v1/calls/${encodeURIComponent(callId)}`;

async function ask(path, options) {
  const answer = await fetch(path, options).catch((err) => {
    throw err.name === 'AbortError' ? err : new ApiError(0);
  });
  if (!answer.ok) throw new ApiError(answer.status);
  return answer.status === 204 ? null : answer.json().catch(() => { throw new ApiError(0); });
}

const post = (path, body) => ask(path, {
  method: 'POST',
  headers: body && { 'content-type': 'application/json' },
  body: body && JSON.stringify(body),
});

/** Live calls. */
export const liveCalls = () => ask('v1/calls');
/** One call with its events, live or stored. */
export const call = (callId) => ask(callPath(callId));
/** Where a call's transcript can be had: `json` or `vtt`. */
export const exportPath = (callId, format) => `${callPath(callId)}/transcript.${format}`;
/** The rules that may raise alerts. */
export const rules = () => ask('v1/rules');
/** Whether a card was useful. */
export const feedback = (callId, card, useful) =>
  post(`${callPath(callId)}/feedback`, { article_id: card.article_id, utterance: card.utterance, useful });
/** The agent has seen an alert. */
export const acknowledge = (callId, alert) => post(`${callPath(callId)}/alerts/${encodeURIComponent(alert)}/acknowledge`);
/** Stored words. Empty fields are left out. */
export function search(fields, signal) {
  const query = new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== '' && value != null));
  return ask(`v1/search?${query}`, { signal });
}

/**
 * Listens for as long as the page lives. EventSource reconnects by itself and names the last event it
 * saw; where it gives up, because the answer was an error, we start anew after that event.
 */
export function listen(agent, { onEvent, onState }) {
  let lastSeq = 0;
  const connect = () => {
    const query = new URLSearchParams();
    if (agent) query.set('agent_id', agent);
    if (lastSeq) query.set('after_seq', lastSeq);
    const source = new EventSource(`v1/events?${query}`);
    source.onopen = () => onState('open');
    source.onerror = () => {
      onState('broken');
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
    };
    const take = (message) => {
      let event;
      try { event = JSON.parse(message.data); } catch { return; }
      if (typeof event?.kind !== 'string') return;
      lastSeq = event.seq ?? lastSeq;
      onEvent(event);
    };
    for (const kind of KINDS) source.addEventListener(kind, take);
  };
  connect();
}
