// A tone and a notification for a new critical alert, for whoever has turned that on in this browser.

import { plain } from '../shell/dom.js';
import { t } from '../shell/i18n.js';

const REMEMBERED = 'sidetone.alarm';
/** A tone is short, and not repeated before this. */
const TONE_S = 0.35;
const QUIET_MS = 2000;

const button = document.getElementById('alarm');
let on = false;
let sound = null;
let rang = 0;

/** Prepares the button. `open(callId)` is for whoever follows a notification. */
export function start(open) {
  try { on = localStorage.getItem(REMEMBERED) === 'on'; } catch { /* Without storage it is off. */ }
  openCall = open;
  button.addEventListener('click', async () => {
    on = !on;
    try { localStorage.setItem(REMEMBERED, on ? 'on' : 'off'); } catch { /* Then it holds until the page goes. */ }
    render();
    if (!on) return;
    tone();
    if (globalThis.Notification?.permission === 'default') await Notification.requestPermission().catch(() => {});
    render();
  });
  // A browser lets a page sound once somebody has done something on it.
  for (const kind of ['pointerdown', 'keydown']) document.addEventListener(kind, () => { if (on) wake(); }, { once: true, capture: true });
}

let openCall = () => {};

/** Draws the button. */
export function render() {
  button.setAttribute('aria-pressed', String(on));
  const silent = on && globalThis.Notification?.permission === 'denied';
  button.title = t(silent ? 'alarm_tone_alone' : 'alarm_hint');
}

/** A critical alert was raised in a call that nobody takes care of. */
export function ring({ call_id: callId, message }, name) {
  if (!on) return;
  if (performance.now() - rang > QUIET_MS) tone();
  rang = performance.now();
  if (globalThis.Notification?.permission !== 'granted') return;
  try {
    const told = new Notification(plain(`${t('critical')}: ${message}`), { body: plain(name), tag: callId });
    told.onclick = () => { window.focus(); openCall(callId); told.close(); };
  } catch { /* Some browsers let no page do that: the tone has to do. */ }
}

function wake() {
  try {
    sound ??= new AudioContext();
    if (sound.state === 'suspended') sound.resume().catch(() => {});
  } catch { /* There is no sound. */ }
  return sound?.state === 'running' || sound?.state === 'suspended' ? sound : null;
}

function tone() {
  const at = wake();
  if (!at) return;
  const [source, volume] = [at.createOscillator(), at.createGain()];
  source.frequency.setValueAtTime(880, at.currentTime);
  source.frequency.setValueAtTime(660, at.currentTime + TONE_S / 2);
  volume.gain.setValueAtTime(0.12, at.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, at.currentTime + TONE_S);
  source.connect(volume).connect(at.destination);
  source.start();
  source.stop(at.currentTime + TONE_S);
}
