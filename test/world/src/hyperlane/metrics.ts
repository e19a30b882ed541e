import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What an agent tells of itself, as Prometheus reads it. */
export class Metrics {
  readonly #agent: string;
  readonly #values = new Map<string, number>();

  constructor(agent: string) {
    this.#agent = agent;
  }

  set(name: string, labels: Record<string, string>, value: number): void {
    const all = Object.entries({ agent: this.#agent, ...labels });
    const text = all.map(([label, one]) => `${label}="${one}"`).join(",");
    this.#values.set(`hyperlane_${name}{${text}}`, value);
  }

  text(): string {
    return [...this.#values].map(([name, value]) => `${name} ${value}\n`).join("");
  }

  /** Answers `/metrics` from now on, at the port that it gives. */
  async serve(host: string, port: number): Promise<number> {
    const server = createServer(({ url }, response) => {
      response.statusCode = url === "/metrics" ? 200 : 404;
      response.end(url === "/metrics" ? this.text() : "");
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, host, resolve);
    });
    return (server.address() as AddressInfo).port;
  }
}
