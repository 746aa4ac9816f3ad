/** What the status page asks Prometheus for. */
import { getJson, type Send } from "./outgoing";

export interface JobHealth {
  readonly job: string;
  readonly up: number;
  readonly of: number;
  /** Instances that are not up. */
  readonly down: readonly string[];
}

export interface Budget {
  readonly slo: string;
  /** Part of the error budget that is left: 1 all, 0 nothing, below 0 overspent. */
  readonly remaining: number;
}

/** `undefined`: Prometheus gave no (understandable) answer in time. */
export interface Health {
  readonly jobs: readonly JobHealth[] | undefined;
  readonly budgets: readonly Budget[] | undefined;
}

interface Series {
  readonly labels: Readonly<Record<string, unknown>>;
  readonly value: number;
}

const limits = { time: 2000, size: 1024 * 1024 };

/** Never rejects. */
export async function askHealth(send: Send, url: string, stack: string): Promise<Health> {
  const ask = async (query: string): Promise<Series[] | undefined> => {
    try {
      return parseVector(await getJson(send, `${url}/api/v1/query?query=${encodeURIComponent(query)}`, limits));
    } catch {
      return undefined;
    }
  };
  const own = `{stack="${stack}"}`;
  const [up, budget] = await Promise.all([ask(`up${own}`), ask(`slo_error_budget_remaining_ratio${own}`)]);
  return { jobs: up && healthByJob(up), budgets: budget && budgetsBySlo(budget) };
}

/** @throws Error if it is not the answer to an instant query */
export function parseVector(body: unknown): Series[] {
  const answer = body as { status?: unknown; data?: { result?: unknown } } | null;
  const result = answer?.status === "success" ? answer.data?.result : undefined;
  if (!Array.isArray(result)) throw new Error("not a vector");
  return result.flatMap((entry: { metric?: unknown; value?: unknown } | null) => {
    const value = Array.isArray(entry?.value) ? Number(entry.value[1]) : Number.NaN;
    const { metric } = entry ?? {};
    return typeof metric === "object" && metric !== null && !Number.isNaN(value)
      ? [{ labels: metric as Record<string, unknown>, value }]
      : [];
  });
}

export function healthByJob(series: readonly Series[]): JobHealth[] {
  const jobs = new Map<string, { up: number; of: number; down: string[] }>();
  for (const { labels, value } of series) {
    const name = String(labels.job ?? "?");
    const job = jobs.get(name) ?? { up: 0, of: 0, down: [] };
    jobs.set(name, job);
    job.of++;
    if (value === 1) job.up++;
    else job.down.push(String(labels.instance ?? "?"));
  }
  return [...jobs].map(([job, health]) => ({ job, ...health })).sort(byName((health) => health.job));
}

/** An SLO that is told by several series is as good as the worst of them. */
export function budgetsBySlo(series: readonly Series[]): Budget[] {
  const slos = new Map<string, number>();
  for (const { labels, value } of series) {
    const slo = String(labels.slo ?? "?");
    slos.set(slo, Math.min(value, slos.get(slo) ?? Number.POSITIVE_INFINITY));
  }
  return [...slos].map(([slo, remaining]) => ({ slo, remaining })).sort(byName((budget) => budget.slo));
}

const byName =
  <T>(name: (item: T) => string) =>
  (a: T, b: T): number =>
    name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0;
