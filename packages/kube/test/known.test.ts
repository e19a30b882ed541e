import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { contextForTests } from "@playbook/action/testing";
import { type Connection, configMaps, KubeClient } from "../src/index.ts";
import { quickClock } from "./place.ts";

const ref = { resource: configMaps, name: "one", namespace: "axon" };

/** An API server that answers with these statuses, one after the other, and the last for ever. */
async function answering(statuses: number[]) {
  const server = createServer((_, response) => {
    const [status = 0] = statuses.length > 1 ? statuses.splice(0, 1) : statuses;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ metadata: { name: "one" }, message: "Unauthorized" }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connection: Connection = {
    ...{ cluster: "eks", server: `http://127.0.0.1:${port}`, unknownRemedy: "Get an entry." },
    ...{ credential: async () => ({ token: "a token" }), renew: () => {} },
  };
  const { clock, waited } = quickClock();
  return {
    kube: new KubeClient(connection, contextForTests({ clock })),
    waited,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test("who was known is not turned away by an API server that has just come up", async () => {
  using place = await answering([200, 401, 401, 401, 401, 200]);
  await place.kube.get(ref);

  await expect(place.kube.get(ref)).resolves.toMatchObject({ metadata: { name: "one" } });
});

test("who is known no more is told so before long", async () => {
  using place = await answering([200, 401]);
  await place.kube.get(ref);

  await expect(place.kube.get(ref)).rejects.toMatchObject({ code: "kube-unknown" });
  expect(place.waited()).toBeLessThan(20_000);
});

test("whom the cluster has never known is told so at once", async () => {
  using place = await answering([401]);

  await expect(place.kube.get(ref)).rejects.toMatchObject({ code: "kube-unknown" });
  expect(place.waited()).toBe(0);
});
