/** Where Grafana gets its data, by the names that dashboards and its provisioning agree on. */

/** Of every panel. */
export const dataSource = { type: "prometheus", uid: "prometheus" } as const;

/** Of log lines, where there are any: panels lead to it. */
export const logSource = { type: "elasticsearch", uid: "logs" } as const;
