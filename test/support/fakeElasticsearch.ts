/** An Elasticsearch that takes bulk requests, as far as Filebeat sees: ids once only, and refusals by a rule. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Stored {
  readonly id: string;
  readonly index: string;
  readonly document: Record<string, unknown>;
}

export class FakeElasticsearch {
  /** What was taken, in this order. */
  readonly stored: Stored[] = [];
  /** Documents that came a second time. */
  refusedTwice = 0;
  /** While it is away, connections are cut. */
  away = false;
  private readonly ids = new Set<string>();
  private readonly server: Server;

  /** @param fits whether a document fits the mapping of its index */
  constructor(private readonly fits: (document: Record<string, unknown>, index: string) => boolean) {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => this.answer(request, response, Buffer.concat(chunks).toString()));
    });
  }

  /** The port that it listens on, on every address of this machine. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, "0.0.0.0", resolve));
    return (this.server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    if (this.away) {
      request.socket.destroy();
      return;
    }
    response.setHeader("X-Elastic-Product", "Elasticsearch");
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(request.url?.includes("_bulk") ? { items: this.bulk(body) } : about));
  }

  private bulk(body: string): object[] {
    const lines = body.split("\n").filter(Boolean);
    const items: object[] = [];
    for (let i = 0; i + 1 < lines.length; i += 2) {
      const { create } = JSON.parse(lines[i] ?? "") as { create: { _id: string; _index: string } };
      const document = JSON.parse(lines[i + 1] ?? "") as Record<string, unknown>;
      items.push({ create: this.create(create._id, create._index, document) });
    }
    return items;
  }

  private create(id: string, index: string, document: Record<string, unknown>): object {
    if (!this.fits(document, index))
      return { status: 400, error: { type: "document_parsing_exception", reason: "it does not fit" } };
    if (this.ids.has(`${index}/${id}`)) {
      this.refusedTwice++;
      return { status: 409, error: { type: "version_conflict_engine_exception", reason: "it is there" } };
    }
    this.ids.add(`${index}/${id}`);
    this.stored.push({ id, index, document });
    return { status: 201 };
  }
}

const about = {
  name: "fake",
  cluster_name: "fake",
  version: { number: "9.5.3", build_flavor: "default" },
  tagline: "You Know, for Search",
};
