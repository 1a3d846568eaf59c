// The desk in a frame of another page, such as the CRM's: what happens is told to it, and it may ask for what the desk shows.

import { VERSION, read, told } from '../state/contract.js';

const isFramed = window.parent !== window;
/** The origins that may frame the desk, and the one that does, once it has spoken. */
let origins = [];
let host = null;

/** Whether another page frames the desk. */
export const framed = () => isFramed;

/** Begins, for pages of `allowed` origins. `act` has what each message asks for; `language` is that of the desk. */
export function start(allowed, act, language) {
  if (!isFramed || origins.length > 0) return;
  origins = allowed;
  window.addEventListener('message', (event) => {
    if (event.source !== window.parent || !origins.includes(event.origin)) return;
    const asked = read(event.data);
    if (!asked) return;
    host = event.origin;
    if (asked.error) return tell({ type: 'error', message: asked.error });
    act[asked.type](asked.value);
  });
  tell({ type: 'ready', language });
}

/** Tells the framing page; nothing is told to any other. */
export function tell(message) {
  for (const origin of host ? [host] : origins) window.parent.postMessage({ sidetone: VERSION, ...message }, origin);
}

/** Tells it what an event says to it. */
export function onEvent(event) {
  const message = isFramed && told(event);
  if (message) tell(message);
}
