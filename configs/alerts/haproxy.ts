/** Whether patients get in: HAProxy, the page before it and the replicas behind it. */
import { panels } from "../dashboards/panels";
import { patients as proxy } from "../haproxy";
import {
  activeServers,
  backendQueue,
  backendResponses,
  nginxUp,
  probeSuccess,
  serverConnectionErrors,
  serverResponseErrors,
  serverRetries,
  serverStatus,
  up,
} from "../metrics";
import { promql } from "../promql";
import { thresholds } from "../thresholds";
import { minutes, seconds } from "../units";
import { type Alert, alert, series } from "./alert";
import { replicaInRotation } from "./api";

/** Two scrapes of HAProxy. */
const twoScrapes = seconds(10);

/** Replicas to which HAProxy sends patients' requests. */
export const replicasInRotation = promql`min by (stack) (${activeServers.where({ proxy })})`;

/** The same for each replica there is, ratio. */
export const replicasInRotationRatio = promql`avg(${replicaInRotation})`;

/** Failed or repeated attempts of HAProxy to have a request answered, for each request; nothing without requests. */
export const haproxyErrorRatio = promql`sum(
    rate(${serverConnectionErrors.where({ proxy }).over(minutes(2))})
    + rate(${serverResponseErrors.where({ proxy }).over(minutes(2))})
    + rate(${serverRetries.where({ proxy }).over(minutes(2))}))
  / sum(rate(${backendResponses.where({ proxy }).over(minutes(2))}))`;

/** Patients' requests that wait for a replica. */
export const waitingRequests = promql`max(${backendQueue.where({ proxy })})`;

const noReplica = promql`(${replicasInRotation} == 0
  or max by (stack) (${serverStatus.where({ proxy, state: "UP" })}) == 0)`;
/** Both last scrapes of HAProxy, not just one. */
const noReplicaTwice = promql`(max by (stack) (max_over_time(${activeServers.where({ proxy }).over(twoScrapes)})) == 0
  and min by (stack) (count_over_time(${activeServers.where({ proxy }).over(twoScrapes)})) > 1)`;

const haproxy = (values: string) => series(up.where({ job: "haproxy", instance: "haproxy:8405" }), values);
const probe = (name: string, values: string) => series(probeSuccess.where({ probe: name, job: "probe" }), values);
const active = (values: string) => series(activeServers.where({ proxy }), values);
const replicas = (...values: readonly string[]) =>
  values.map((v, i) => series(serverStatus.where({ proxy, server: `api${i}`, state: "UP" }), v));
const scraped = (...values: readonly string[]) =>
  values.map((v, i) => series(up.where({ job: "api", instance: `api${i}:5000` }), v));
const requests = (values: string) => series(backendResponses.where({ proxy, code: "2xx" }), values);
const attempts = (failed: string, broken: string, repeated: string) => [
  series(serverConnectionErrors.where({ proxy, server: "api" }), failed),
  series(serverResponseErrors.where({ proxy, server: "api" }), broken),
  series(serverRetries.where({ proxy, server: "api" }), repeated),
];
const queue = (values: string) => series(backendQueue.where({ proxy }), values);
const every5 = { every: seconds(5) };

export const haproxyAlerts: readonly Alert[] = [
  alert({
    name: "AllApiDown",
    severity: "p1",
    service: "api",
    // A HAProxy that has just started knows no replica for a second. So one scrape is believed only if the replicas do
    // not answer Prometheus either, which takes no longer; where they do, two scrapes decide.
    expr: promql`(${noReplica} unless on (stack) max by (stack) (${up.where({ job: "api" })}) == 1) or ${noReplicaTwice}`,
    for: seconds(0),
    summary: "No API replica is in rotation: every patient gets an error",
    description: "HAProxy has no replica left to send requests to. Payments and consultations fail for everybody.",
    panel: panels.ha.activeBackends,
    fires: [
      { ...every5, series: [active("3x3 0x1"), ...replicas("1x3 0"), ...scraped("1x3 0")], at: seconds(20) },
      // The replicas answer Prometheus, but not HAProxy: from the second scrape on.
      { ...every5, series: [active("3x3 0x4"), ...replicas("1x3 0x4"), ...scraped("1x8")], at: seconds(25) },
      // Nothing is known of the replicas but what HAProxy says.
      { ...every5, series: replicas("1x3 0x4", "1x3 0x4"), at: seconds(20) },
    ],
    silent: [
      {
        ...every5,
        series: [active("3x3 1x4"), ...replicas("1x8", "1x3 0x4"), ...scraped("1x8", "0x8")],
        at: seconds(30),
      },
      // HAProxy was replaced, and asked before it had found the replicas.
      { ...every5, series: [active("3x3 _x2 0 3x4"), ...scraped("1x12")], at: seconds(30) },
    ],
    drill: "all-replicas-stopped",
  }),
  alert({
    name: "HaproxyDown",
    severity: "p1",
    service: "haproxy",
    // The entry's own probe has the last word: where it gets through, Prometheus alone cannot reach HAProxy (TargetDown).
    expr: promql`${up.where({ job: "haproxy" })} == 0 unless on (stack) ${probeSuccess.where({ probe: "entry" })} == 1`,
    // Longer than a container of HAProxy takes to be replaced.
    for: seconds(5),
    summary: "HAProxy does not answer: nobody gets in",
    description:
      "Neither HAProxy's metrics nor the entry answer. The page may still load, but no request of it reaches the API.",
    panel: panels.ha.probes,
    planned: true,
    fires: [
      { ...every5, series: [haproxy("1x3 0x4"), probe("entry", "1x3 0x4")], at: seconds(25) },
      { ...every5, series: [haproxy("1x3 0x4")], at: seconds(25) },
    ],
    silent: [
      { ...every5, series: [haproxy("1x3 0x4"), probe("entry", "1x8")], at: seconds(30) },
      { ...every5, series: [haproxy("1x3 0 1x8"), probe("entry", "1x3 0 1x8")], at: seconds(25) },
      { ...every5, series: [haproxy("1x8"), probe("entry", "0x8")], at: seconds(30) },
    ],
    drill: "haproxy-down",
  }),
  alert({
    name: "FrontendDown",
    severity: "p1",
    service: "frontend",
    // The probe's word, and where there is none, that of Nginx' exporter.
    expr: promql`(min by (stack) (${probeSuccess.where({ probe: "frontend" })}) or min by (stack) (${nginxUp})) == 0`,
    // Longer than a container of Nginx takes to be replaced: a new version of the page is no outage.
    for: seconds(5),
    summary: "The patients' page does not load",
    description: "Nginx does not answer or does not deliver the page. Patients see an error of their browser.",
    panel: panels.ha.probes,
    planned: true,
    fires: [
      { ...every5, series: [probe("frontend", "1x3 0x4"), series(nginxUp, "1x8")], at: seconds(25) },
      { ...every5, series: [series(nginxUp, "1x3 0x4")], at: seconds(25) },
    ],
    silent: [
      { ...every5, series: [probe("frontend", "1x3 0 1x8")], at: seconds(25) },
      { ...every5, series: [probe("frontend", "1x8"), series(nginxUp, "0x8")], at: seconds(30) },
      { ...every5, series: [probe("entry", "0x8"), probe("frontend", "1x8")], at: seconds(30) },
    ],
    drill: "frontend-down",
  }),
  alert({
    name: "HaproxyBackendDegraded",
    severity: "p3",
    service: "api",
    expr: promql`${replicasInRotationRatio} <= ${thresholds.replicasInRotation} > 0`,
    // Longer than a wave of a rolling update, which of two replicas takes one out.
    for: minutes(1),
    summary: "Only {{ $value | humanizePercentage }} of the API's replicas are in rotation",
    description:
      "Half of the replicas or more have been out for a minute. The others carry everything, and the next failure may be the last.",
    panel: panels.ha.activeBackends,
    planned: true,
    fires: [
      { ...every5, series: replicas("1x20", "0x20"), at: seconds(70) },
      { ...every5, series: replicas("1x20", "0x20", "0x20"), at: seconds(70) },
    ],
    silent: [
      { ...every5, series: replicas("1x20", "1x20", "0x20"), at: seconds(90) },
      { ...every5, series: replicas("1x30", "0x11 1x19"), at: seconds(90) },
      { ...every5, series: replicas("0x20", "0x20"), at: seconds(90) },
    ],
    drill: { none: "it lies between the drills that take one replica out and those that take all" },
  }),
  alert({
    name: "HaproxyServerErrors",
    severity: "p3",
    service: "api",
    expr: promql`${haproxyErrorRatio} > ${thresholds.haproxyErrors}`,
    for: minutes(1),
    summary: "HAProxy had to try {{ $value | humanizePercentage }} of requests again, or gave up",
    description:
      "Replicas that pass their health checks refuse connections or break off answers. Patients notice delays first, then errors.",
    panel: panels.ha.serverErrors,
    fires: [{ ...every5, series: [...attempts("0+2x60", "0+2x60", "0+7x60"), requests("0+1000x60")], at: minutes(4) }],
    silent: [
      { ...every5, series: [...attempts("0+2x60", "0+2x60", "0+6x60"), requests("0+1000x60")], at: minutes(4) },
      { ...every5, series: [...attempts("0x60", "0x60", "0x60"), requests("0x60")], at: minutes(4) },
    ],
    drill: { none: "HAProxy takes a replica that fails out of rotation within two seconds: too soon for this one" },
  }),
  alert({
    name: "HaproxyQueueing",
    severity: "p3",
    service: "api",
    expr: promql`${waitingRequests} > 0`,
    for: minutes(1),
    summary: "{{ $value }} requests wait for a replica",
    description:
      "For a minute now requests have come faster than the replicas answer. Add replicas, or find out what slows them down.",
    panel: panels.ha.queue,
    fires: [{ ...every5, series: [queue("0x3 1x20")], at: seconds(80) }],
    silent: [
      { ...every5, series: [queue("0x40")], at: seconds(80) },
      { ...every5, series: [queue("0x3 5x10 0x20")], at: seconds(80) },
    ],
    drill: { none: "only a load that would drown the drill's own host makes requests queue" },
  }),
];
