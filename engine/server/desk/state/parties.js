// Who takes part in a call, and who of them is not listened to.

export const isSame = (one, event) => one.role === event.role && (one.party ?? '') === (event.party ?? '');

/** Who is not listened to, and why, after one more event: on hold, muted or paused. */
export function offNext(off, event) {
  const others = off.filter((one) => !isSame(one, event));
  if (event.kind === 'leg_state' && event.state !== 'active') return [...others, { role: event.role, party: event.party ?? '', state: event.state }];
  return others;
}

/** The names of those who take part, by role and id, after one more event. */
export const nameKey = ({ role, party, id }) => `${role}/${party ?? id ?? ''}`;
export const namesNext = (names, parties) => ({ ...names, ...Object.fromEntries(parties.map((party) => [nameKey(party), party.name || (party.role === 'agent' && party.agent_id) || party.id || party.party || ''])) });

/** The number on the other side of the line. */
export const customerOf = ({ direction, caller, callee }) => (direction === 'outbound' ? callee : caller);

/** Whether a change of a call leaves it with the customer that it had. */
export const isSameCustomer = (call, event) => customerOf(event)?.given === customerOf(call)?.given;
