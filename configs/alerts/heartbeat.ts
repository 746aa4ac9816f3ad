/** The alert that always fires: as long as it arrives, Prometheus, its rules and Alertmanager work. */
export const heartbeatName = "Watchdog";
/** The alert that fires while planned maintenance goes on: it mutes every other one but the heartbeat. */
export const maintenanceName = "Maintenance";
