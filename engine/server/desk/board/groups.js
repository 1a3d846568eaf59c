// Which figures stand together.

/** By what they are about. A figure that is in none stands with the last ones. */
export const GROUPS = [
  { name: 'board_calls', figures: ['calls_open', 'capacity_used', 'calls_refused', 'inference_busy'] },
  { name: 'board_service', figures: ['service_level', 'final_time', 'partial_time', 'recognition_wait', 'recognition_run', 'packet_loss'] },
  { name: 'board_help', figures: ['cards_shown', 'cards_useful', 'cards_not_useful', 'card_time', 'alerts_critical', 'alerts_warning', 'alerts_info', 'alert_time'] },
  { name: 'board_crm', figures: ['crm_lookup_success', 'crm_lookup_time', 'crm_write_success', 'crm_write_time', 'crm_notes_waiting', 'crm_notes_dead'] },
  { name: 'board_interfaces', figures: ['http_time', 'http_errors', 'grpc_time', 'search_time', 'event_lag', 'subscribers'] },
  { name: 'board_keeping', figures: ['store_failing', 'store_write_failures', 'knowledge_failures'] },
];
