// One call, as its events tell it.

import { sortedAlerts } from './alerts.js';
import { pointOf, pointsOf, withPoint } from './curve.js';
import { LIMITS } from './limits.js';
import { isSame, isSameCustomer, nameKey, namesNext, offNext } from './parties.js';
import { newWork, workNext } from './work.js';

export function newCall(callId) {
  return { call_id: callId, agent_id: '', opened_ms: 0, caller: null, callee: null, direction: 'unknown', metadata: {},
    items: [], left_out: 0, off: [], names: {}, customer: null, cards: [], done: [], alerts: [], points: [], summary: null, crm: null, note: null, recording: null, claimed: null, messages: [], work: newWork(),
    ended: false, end_reason: null, ended_ms: 0, since: new Map(), loaded: false, later: null, failed: null };
}

export function callNext(call, event) {
  switch (event.kind) {
    case 'call_started':
      return { ...call, agent_id: event.agent_id ?? call.agent_id, caller: event.caller, callee: event.callee,
        direction: event.direction, metadata: event.metadata ?? {}, opened_ms: event.wall_time_ms,
        names: namesNext(call.names, event.parties ?? []) };
    case 'call_updated':
      return { ...call, customer: isSameCustomer(call, event) ? call.customer : null, caller: event.caller, callee: event.callee, direction: event.direction, metadata: event.metadata ?? {} };
    case 'party_joined': {
      const names = namesNext(call.names, [event]);
      return withMark({ ...call, names, agent_id: event.agent_id ?? call.agent_id }, event, { name: names[nameKey(event)] });
    }
    case 'party_left':
      return withMark({ ...call, agent_id: event.agent_id ?? call.agent_id, off: offNext(call.off, event) }, event, { name: call.names[nameKey(event)] });
    case 'leg_state':
      // Whoever has left is not back because the leg is listened to again.
      if (event.state === 'active' && !call.off.some((one) => isSame(one, event))) return call;
      return withMark({ ...call, off: offNext(call.off, event) }, event, { state: event.state });
    case 'call_ended':
      // Nobody speaks any more: words that were never settled will not be.
      return { ...call, ended: true, end_reason: event.reason, ended_ms: event.wall_time_ms,
        off: [], items: call.items.filter((item) => item.kind !== 'said' || item.final || item.text) };
    case 'speech_begin': return withSaid(call, event, { speaking: true });
    case 'speech_end': return withSaid(call, event, { speaking: false });
    case 'partial':
      return withSaid(call, event, { text: event.text, confirmed: event.confirmed, lang: event.lang });
    case 'final':
      return withSaid(call, event, { text: event.text, spoken: event.spoken, confirmed: event.text, lang: event.lang, final: true,
        speaking: false, start: event.start_ms, confidence: event.confidence, doubtful: doubtfulRanges(event), holes: event.unrecognised?.length ?? 0 });
    case 'revised':
      return withSaid(call, event, { text: event.text, spoken: event.spoken, confirmed: event.text, lang: event.lang, final: true,
        speaking: false, start: event.start_ms, confidence: event.confidence, doubtful: doubtfulRanges(event), holes: event.unrecognised?.length ?? 0, live: event.live, retracted: false, unrecognised: false });
    case 'retracted': return withSaid(call, event, { retracted: true, final: true, text: '' });
    case 'unrecognised': return withSaid(call, event, { unrecognised: true, final: true, text: '', other_lang: event.lang });
    case 'gap': return withMark(call, event, { lost_ms: event.lost_ms }, (was) => ({ lost_ms: was.lost_ms + event.lost_ms }));
    case 'dtmf': return withMark(call, event, { keys: event.key }, (was) => ({ keys: (was.keys + event.key).slice(-40) }));
    case 'no_media': {
      const { waited_ms, payload_type } = event;
      return withMark(call, event, { waited_ms, payload_type }, () => ({ waited_ms, payload_type }));
    }
    case 'recording':
      return withMark({ ...call, recording: { state: event.state, why: event.why }, recorded: call.recorded || event.state !== 'off' }, event, { state: event.state, why: event.why });
    case 'consent': return withMark(call, event, { given: event.given });
    case 'claimed': return withMark({ ...call, claimed: event.by }, event, { name: event.by });
    case 'released': return withMark({ ...call, claimed: null }, event, { name: event.by });
    case 'message':
      return withMark({ ...call, messages: [...call.messages, { message: event.message, text: event.text, by: event.by, start_ms: event.start_ms, read: null }].slice(-LIMITS.messages) },
        event, { name: event.by, text: event.text });
    case 'message_read':
      return { ...call, messages: call.messages.map((one) => (one.message === event.message ? { ...one, read: { by: event.by } } : one)) };
    case 'alert_seen':
      return { ...call, alerts: call.alerts.map((a) => (a.alert === event.alert ? { ...a, seen: true } : a)) };
    case 'customer_identified': return { ...call, customer: event };
    case 'suggestion': return withCard(call, event);
    case 'alert_raised':
      return { ...call, alerts: sortedAlerts([...call.alerts.filter((a) => a.alert !== event.alert), { ...event, cleared: null }]) };
    case 'alert_cleared':
      return { ...call, alerts: sortedAlerts(call.alerts.map((a) =>
        (a.alert === event.alert ? { ...a, cleared: { why: event.why, start_ms: event.start_ms, withdrawn: event.withdrawn === true } } : a))) };
    case 'emotion': return { ...call, points: withPoint(call.points, pointOf(event), LIMITS.points) };
    case 'summary': return { ...call, summary: event, points: event.mood?.length ? pointsOf(event) : call.points };
    case 'crm_written': return { ...call, crm: event };
    // A ticket that is written stays written, whatever comes in late.
    case 'crm_failed': return call.crm?.kind === 'crm_written' ? call : { ...call, crm: event };
    default: {
      const work = workNext(call.work, event);
      return work === call.work ? call : { ...call, work };
    }
  }
}

/** Where words that may well be wrong stand in the text of a final, which has figures for the words of numbers: `[start, end)` in characters. */
export function doubtfulRanges({ text, words = [], numbers = [] }) {
  const ranges = [];
  let from = 0;
  for (let at = 0; at < words.length;) {
    const number = numbers.find((one) => one.start_word <= at && at < one.end_word);
    const end = number ? number.end_word : at + 1;
    const written = number ? number.text : words[at].word;
    const start = text.indexOf(written, from);
    if (start >= 0) {
      from = start + written.length;
      const before = Array.from(text.slice(0, start)).length;
      if (words.slice(at, end).some((word) => word.doubtful)) ranges.push([before, before + Array.from(written).length]);
    }
    at = end;
  }
  return ranges;
}

/** One card per article: when it comes again, it comes to the top. */
function withCard(call, event) {
  const cards = [event, ...call.cards.filter((card) => card.article_id !== event.article_id)].slice(0, LIMITS.cards);
  const items = call.items.map((item) =>
    (item.utterance === event.utterance ? { ...item, triggers: [...(item.triggers ?? []), ...event.triggers] } : item));
  return { ...call, cards, items };
}

/** Names a card within its call. */
export const cardKey = (card) => `${card.utterance}/${card.article_id}`;

/** Changes an utterance. Once it is final nothing changes it but another final or a second hearing: partials may come late. */
function withSaid(call, event, change) {
  const key = `u${event.utterance}`;
  const was = call.items.find((item) => item.key === key);
  if ((was?.retracted || was?.final) && !change.final) return call;
  const item = { kind: 'said', utterance: event.utterance, text: '', confirmed: '', ...was, key,
    role: event.role ?? was?.role, start: was?.start ?? event.start_ms, ...change };
  return withItem(call, item);
}

/** Adds a remark between the words; where there is `again`, the same remark right after it becomes one with it. */
function withMark(call, event, first, again) {
  const last = call.items.at(-1);
  if (again && last?.kind === event.kind && isSame(last, event)) return withItem(call, { ...last, ...again(last) });
  return withItem(call, { kind: event.kind, key: `s${event.id ?? event.seq}`, role: event.role, party: event.party ?? '', start: event.start_ms, ...first });
}

/** Puts an item where it was heard; two that began together stay in the order they came. */
function withItem(call, item) {
  const items = call.items.filter((other) => other.key !== item.key);
  const at = items.findLastIndex((other) => other.start <= item.start) + 1;
  const was = call.items.findIndex((other) => other.key === item.key);
  items.splice(was >= 0 && call.items[was].start === item.start ? was : at, 0, item);
  const over = Math.max(0, items.length - LIMITS.items);
  return { ...call, items: items.slice(over), left_out: call.left_out + over };
}
