// The engine's HTTP interface, as far as the desk uses it. Paths are relative: a proxy may add a prefix.

import * as stream from './stream.js';

/** An answer that is not what was asked for. `status` is 0 if there was no answer at all; `reason` is why, and `said` all that the engine said. */
export class ApiError extends Error {
  constructor(status, said = {}) {
    super(said.error || `status ${status}`);
    this.status = status;
    this.reason = said.error ?? '';
    this.said = said;
  }
}

const callPath = (callId) => `v1/calls/${encodeURIComponent(callId)}`;

async function ask(path, options) {
  const answer = await fetch(path, options).catch((err) => {
    throw err.name === 'AbortError' ? err : new ApiError(0);
  });
  // Whoever is not known any more is asked who they are.
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => ({})));
  return answer.status === 204 ? null : answer.json().catch(() => { throw new ApiError(0); });
}

const send = (method, path, body, signal) => ask(path, {
  method,
  signal,
  headers: body && { 'content-type': 'application/json' },
  body: body && JSON.stringify(body),
});
const post = (path, body) => send('POST', path, body);
const filled = (fields) => new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== '' && value != null));

/** Who asks, and what they may do. */
export const me = () => ask('v1/me');
/** Whoever asks leaves. */
export const logOut = () => ask('v1/session', { method: 'DELETE' });
/** Live calls. */
export const liveCalls = () => ask('v1/calls');
/** One call with its events, live or stored. */
export const call = (callId) => ask(callPath(callId));
/** Where a call's transcript can be had: `json` or `vtt`. */
export const exportPath = (callId, format) => `${callPath(callId)}/transcript.${format}`;
/** Where the recording of a call can be heard. */
export const audioPath = (callId) => `${callPath(callId)}/audio`;
/** The recording of a live call is to pause, or to go on. */
export const record = (callId, order) => send('PATCH', callPath(callId), { recording: { do: order } });
/** What was said in an utterance of a live call, as somebody knows better. */
export const correct = (callId, utterance, text) => send('PATCH', callPath(callId), { corrections: [{ utterance, text }] });
/** The note of a call: what the CRM will be told, or was. */
export const note = (callId) => ask(`${callPath(callId)}/note`);
/** Somebody has read over the note of a call. */
export const reviewNote = (callId, order) => send('PUT', `${callPath(callId)}/note`, order);
/** Calls that are over, the newest first. Empty fields are left out. */
export const pastCalls = (fields, signal) => ask(`v1/past-calls?${filled(fields)}`, { signal });
/** The rules that may raise alerts. */
export const rules = () => ask('v1/rules');
/** Whether a card was useful. */
export const feedback = (callId, card, useful) =>
  post(`${callPath(callId)}/feedback`, { article_id: card.article_id, utterance: card.utterance, useful });
/** The agent has seen an alert. */
export const acknowledge = (callId, alert) => post(`${callPath(callId)}/alerts/${encodeURIComponent(alert)}/acknowledge`);
/** Somebody takes care of a call, or does no more. */
export const claim = (callId) => post(`${callPath(callId)}/claim`);
export const release = (callId) => send('DELETE', `${callPath(callId)}/claim`);
/** A line for the agent of a call, and that it was read. */
export const writeToAgent = (callId, text) => post(`${callPath(callId)}/messages`, { text });
export const readMessage = (callId, message) => post(`${callPath(callId)}/messages/${message}/read`);
/** A promise of a live call as it should be, `{ text, due }`, or that it should not be. */
export const editPromise = (callId, number, promise) => send('PUT', `${callPath(callId)}/promises/${number}`, promise);
export const removePromise = (callId, number) => send('DELETE', `${callPath(callId)}/promises/${number}`);
/** Whom a live call is with, that it is not them, and who it may be. */
export const chooseCustomer = (callId, customerId) => send('PUT', `${callPath(callId)}/customer`, { customer_id: customerId });
export const undoCustomer = (callId) => send('DELETE', `${callPath(callId)}/customer`);
export const findCustomers = (callId, q) => ask(`${callPath(callId)}/customers?${filled({ q })}`);
/** What the agent has typed, over the revision that was read. */
export const setMemo = (callId, text, revision) => send('PUT', `${callPath(callId)}/memo`, { text, revision });
/** Something stays in sight, or does no more. */
export const pin = (callId, what, stays) => send(stays ? 'PUT' : 'DELETE', `${callPath(callId)}/pins/${encodeURIComponent(what)}`);
/** What hurts, and that it was reported by mistake. */
export const reportFriction = (report) => post('v1/friction', report);
export const withdrawFriction = ({ id, undo }) => send('DELETE', `v1/friction/${id}?${filled({ undo })}`);
/** What was reported, `{ kind, version, from, until, before, limit }`. */
export const frictionReports = (fields) => ask(`v1/friction?${filled(fields)}`);
/** How it goes with what hurts, from version to version. */
export const frictionTrend = () => ask('v1/friction/trend');
/** Another agent has the call from now on. */
export const handOver = (callId, agentId) => send('PATCH', callPath(callId), { controls: [{ role: 'agent', do: { join: { role: 'agent', id: agentId } } }] });
/** The call's note is to be written to the CRM again, at once. */
export const retryNote = (callId) => post(`${callPath(callId)}/note/retry`);
/** Stored words. Empty fields are left out. */
export const search = (fields, signal) => ask(`v1/search?${filled(fields)}`, { signal });

/** Customers of the CRM that comes with the program, `{ q, after, limit }`. */
export const customers = (fields, signal) => ask(`v1/customers?${filled(fields)}`, { signal });
const customerPath = (id) => `v1/customers/${encodeURIComponent(id)}`;
/** One of them with their tickets, tasks and contacts. */
export const customer = (id) => ask(customerPath(id));
export const addCustomer = (told) => send('POST', 'v1/customers', told);
/** Another record over the one of `told.revision`. */
export const putCustomer = (id, told) => send('PUT', customerPath(id), told);
export const removeCustomer = (id) => send('DELETE', customerPath(id));
/** Has a ticket stand otherwise. */
export const setTicket = (id, status) => send('PATCH', `v1/tickets/${encodeURIComponent(id)}`, { status });
/** What is to be done, `{ due_by, limit }`. */
export const tasks = (fields) => ask(`v1/tasks?${filled(fields)}`);
export const setTask = (id, done) => send('PATCH', `v1/tasks/${encodeURIComponent(id)}`, { done });
/** A whole article. */
export const article = (id) => ask(`v1/knowledge/articles/${encodeURIComponent(id)}`);
/** The articles of today. */
export const articles = () => ask('v1/knowledge/articles');
/** Articles that fit `{ q, lang }`, best first. */
export const findArticles = (fields) => ask(`v1/knowledge/search?${filled(fields)}`);
const filePath = (kind, name) => `v1/knowledge/files/${kind}/${encodeURIComponent(name)}`;
/** The files of articles and rules, and which rules hold. */
export const knowledgeFiles = () => ask('v1/knowledge/files');
/** A file with its text. */
export const knowledgeFile = (kind, name) => ask(filePath(kind, name));
/** What there is to say about `{ kind, name, text }`. */
export const checkKnowledge = (file, signal) => send('POST', 'v1/knowledge/checks', file, signal);
/** What `{ kind, name, text, last }` would have changed in past calls. */
export const tryKnowledge = (file, signal) => send('POST', 'v1/knowledge/trials', file, signal);
/** Puts `{ text, digest, note }` in place of a file. */
export const publishKnowledge = (kind, name, file) => send('PUT', filePath(kind, name), file);
/** Removes a file. */
export const removeKnowledge = (kind, name, fields) => ask(`${filePath(kind, name)}?${filled(fields)}`, { method: 'DELETE' });
/** What a file said before. */
export const knowledgeVersions = (kind, name) => ask(`${filePath(kind, name)}/versions`);
/** What a file said in one of its versions. */
export const knowledgeVersion = (kind, name, version) => ask(`${filePath(kind, name)}/versions/${version}`);
/** The operations board: figures with their samples after a moment, and thresholds. */
export const board = (after) => ask(`v1/board?after_ms=${after}`);
/** The thresholds, and how they stand. */
export const thresholds = () => ask('v1/board/thresholds');
/** Other thresholds in the place of those of revision `read`. */
export const setThresholds = (read, all) => send('PUT', 'v1/board/thresholds', { revision: read, thresholds: all });

/** Listens to the events of an agent's calls, or of all, for as long as the page lives. */
export const listen = (agent, handlers) => stream.listen(agent, handlers, {
  startWorker: () => new SharedWorker('desk/shell/worker.js', { type: 'module', name: 'sidetone' }),
  makeSource: (toUs) => new stream.Source('v1/events', toUs),
});
