// What somebody does who looks after a call: takes care of it, writes to its agent, hands it over.

import { current, t } from '../shell/i18n.js';

const part = (id) => document.getElementById(id);
const section = part('care');
const forms = { write: part('write-form'), hand: part('hand-form') };
const problem = part('care-problem');
let shown = null;
let drawn = '';

/**
 * Prepares it. `claim()` takes care of the call or gives that up, `write(text)` writes to its agent, `handOver(agentId)`
 * moves it to another one: each gives what went wrong, `''` if nothing did.
 */
export function start({ claim, write, handOver }) {
  const act = async (run) => { problem.textContent = await run() ?? ''; };
  part('care-claim').addEventListener('click', () => act(claim));
  for (const [name, form] of Object.entries(forms)) {
    part(`care-${name}`).addEventListener('click', () => toggle(name));
    form.addEventListener('keydown', (event) => { if (event.key === 'Escape' && !event.isComposing) { event.preventDefault(); toggle(name, false); } });
  }
  forms.write.addEventListener('submit', (event) => {
    event.preventDefault();
    const field = forms.write.elements.text;
    const text = field.value.replace(/\s+/g, ' ').trim();
    if (!text) return;
    act(async () => {
      const wrong = await write(text);
      if (!wrong) { field.value = ''; toggle('write', false); }
      return wrong;
    });
  });
  forms.hand.addEventListener('submit', (event) => {
    event.preventDefault();
    const agent = forms.hand.elements.agent.value.trim();
    if (agent) hand(agent);
  });
  part('hand-to-me').addEventListener('click', (event) => hand(event.currentTarget.dataset.agent));
  const hand = (agent) => act(async () => {
    const wrong = await handOver(agent);
    if (!wrong) toggle('hand', false);
    return wrong;
  });
}

/** Does as the button of that name does, by a key. */
export const press = (name) => { if (!section.hidden) part(`care-${name}`).click(); };

function toggle(name, open = forms[name].hidden) {
  for (const [other, form] of Object.entries(forms)) {
    form.hidden = other !== name || !open;
    part(`care-${other}`).setAttribute('aria-expanded', String(!form.hidden));
  }
  problem.textContent = '';
  if (open) forms[name].querySelector('input').focus();
  else part(`care-${name}`).focus();
}

/** Shows it for a live call; nothing where there is none, or who reads has no right to it. */
export function render(call, { may, self, agentId }) {
  const isOpen = !!call?.loaded && !call.ended && may.has('supervise');
  section.hidden = !isOpen;
  if (!isOpen) return;
  if (shown !== call.call_id) {
    shown = call.call_id;
    problem.textContent = '';
    for (const [name, form] of Object.entries(forms)) {
      form.hidden = true;
      form.reset();
      part(`care-${name}`).setAttribute('aria-expanded', 'false');
    }
  }
  const last = call.messages.at(-1);
  const mine = call.claimed !== null && call.claimed === self;
  const setting = [current(), call.call_id, call.claimed, mine, last?.message, last?.read?.by, call.agent_id, agentId, may.has('change_calls')].join('\n');
  if (setting === drawn) return;
  drawn = setting;
  part('care-claim').textContent = t(mine ? 'give_back' : 'take');
  part('care-claim').hidden = call.claimed !== null && !mine;
  part('care-who').textContent = call.claimed === null ? '' : mine ? t('you_take_care') : t('takes_care', { name: call.claimed || t('somebody') });
  part('care-hand').hidden = !may.has('change_calls');
  part('hand-to-me').hidden = !agentId || agentId === call.agent_id;
  part('hand-to-me').dataset.agent = agentId ?? '';
  const read = last && (last.read ? t('message_was_read', { name: last.read.by || t('agent') }) : t('message_unread'));
  part('care-sent').textContent = last ? `${t('message', { name: last.by || t('somebody'), text: last.text })} · ${read}` : '';
}
