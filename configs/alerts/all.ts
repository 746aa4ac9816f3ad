/** Every alert of the system, by who exposes it. */

import { sloAlerts } from "../slos";
import type { Alert } from "./alert";
import { apiAlerts } from "./api";
import { containerAlerts } from "./containers";
import { dataAlerts } from "./data";
import { haproxyAlerts } from "./haproxy";
import { hostAlerts } from "./host";
import { loggingAlerts } from "./logging";
import { monitoringAlerts } from "./monitoring";

export const allAlerts: readonly Alert[] = [
  ...apiAlerts,
  ...haproxyAlerts,
  ...dataAlerts,
  ...hostAlerts,
  ...containerAlerts,
  ...loggingAlerts,
  ...monitoringAlerts,
  ...sloAlerts,
];
