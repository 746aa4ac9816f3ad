/** The alert that always fires: as long as it arrives, Prometheus, its rules and Alertmanager work. */
export const heartbeatName = "Watchdog";
