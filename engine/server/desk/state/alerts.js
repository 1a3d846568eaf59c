// Alerts: which of them speaks, and in what order.

import { LIMITS } from './limits.js';

/** Severities from calm to grave. */
export const SEVERITIES = ['info', 'warning', 'critical'];

/** How grave an alert is by now: one that is over less than any, one that was withdrawn least. */
const gravity = ({ severity, cleared }) => (cleared ? (cleared.withdrawn ? -2 : -1) : SEVERITIES.indexOf(severity));

/** Alerts as they are shown: of each situation the gravest that stands, the others of it `under` it. */
export function situations(alerts) {
  const groups = new Map();
  for (const alert of alerts) {
    const situation = alert.situation || alert.alert;
    groups.set(situation, [...(groups.get(situation) ?? []), alert]);
  }
  return [...groups.values()].map((group) => {
    if (group.length === 1) return group[0];
    const [head, ...under] = group.toSorted((a, b) => gravity(b) - gravity(a) || a.alert - b.alert);
    return { ...head, under };
  });
}

/** The alert that speaks from now on in place of one that was withdrawn, or `null` if that did not speak. */
export function successor(alerts, withdrawn) {
  const before = alerts.map((alert) => (alert.alert === withdrawn ? { ...alert, cleared: undefined } : alert));
  if (!situations(before).some((head) => head.alert === withdrawn)) return null;
  const now = situations(alerts).find((head) => head.under?.some((alert) => alert.alert === withdrawn));
  return now && !now.cleared ? now : null;
}

/** Active ones first, the gravest and the newest on top. */
export function sortedAlerts(alerts) {
  return alerts.sort((a, b) => gravity(b) - gravity(a) || b.alert - a.alert).slice(0, LIMITS.alerts);
}
