/** Log documents as the pipeline makes them (configs/logs/pipeline): requests through HAProxy and replicas, and an error. */

/** @param last when the last one happened; there is one request a second before it */
export function sampleLines(requests: number, last: Date): object[] {
  return Array.from({ length: requests }, (_, i) =>
    linesOf(i, new Date(last.getTime() - (requests - i) * 1000)),
  ).flat();
}

function linesOf(i: number, time: Date): object[] {
  const replica = ["api", "api2", "api3"][i % 3] ?? "api";
  const status = i % 10 === 7 ? 503 : 200;
  const level = status >= 500 ? "error" : "info";
  const line = {
    "@timestamp": time.toISOString(),
    collected: time.toISOString().replace("Z", "654321Z"),
    stack: "zebra",
    role: "service",
    stream: "stdout",
    request_id: `request-${i}`,
  };
  const answer = {
    ...line,
    level,
    method: "POST",
    endpoint: i % 4 === 0 ? "/health" : "/api/payment",
    status,
    duration: (i % 30) / 20,
    message: `POST ${i % 4 === 0 ? "/health" : "/api/payment"} ${status}`,
  };
  const said = { ...line, service: replica, instance: replica, container: `b${i % 3}`.padEnd(12, "0") };
  const balanced = { service: "haproxy", container: "a".repeat(12), server: replica, termination: "--", retries: 0 };
  return [
    { ...answer, ...balanced, network: ["medassist", "monitoring"] },
    { ...answer, ...said, logger: "access" },
    ...(status === 503 ? [{ ...said, level: "error", ...failure }] : []),
  ];
}

const failure = {
  message: "the database is away: connection refused",
  details: "code=2003 peer.host=mysql",
  error: { type: "OperationalError", stack: "Traceback (most recent call last):\n  File x\nOperationalError: (2003)" },
};
