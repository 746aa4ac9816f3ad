/** The one data source, by the name that dashboards and Grafana's provisioning agree on. */
export const dataSource = { type: "prometheus", uid: "prometheus" } as const;
