import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { contextForTests } from "@playbook/action/testing";
import { KubeClient } from "@playbook/kube";
import { parseManifests } from "../src/preflight/manifest.ts";
import { storesThere } from "../src/stores-there.ts";

const API = "/apis/external-secrets.io/v1beta1";
const OWN = `${API}/namespaces/axon/secretstores`;

/** An API server with one store, whose role may read those of namespaces alone. */
async function startApi() {
  const asked: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    asked.push(url);
    const status = url === `${OWN}/there` ? 200 : url.includes("clustersecretstores") ? 403 : 404;
    const spec = { provider: { aws: { region: "eu-central-1" } } };
    const message =
      'User "ada" cannot get resource "clustersecretstores" ' +
      'in API group "external-secrets.io"';
    const refusal = { kind: "Status", reason: status === 403 ? "Forbidden" : "NotFound", message };
    const body = status === 200 ? { metadata: { name: "there" }, spec } : refusal;
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connection = {
    ...{ cluster: "a test's", server: `http://127.0.0.1:${port}`, unknownRemedy: "" },
    ...{ credential: async () => ({}), renew: () => {} },
  };
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return {
    asked,
    kube: new KubeClient(connection, contextForTests()),
    [Symbol.asyncDispose]: close,
  };
}

const fetching = (name: string, store: string) =>
  `apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata: { name: ${name} }
spec: { secretStoreRef: { ${store} } }`;

test("stores that the chart names and does not render are looked up once, as far as the role may", async () => {
  await using api = await startApi();
  const manifests = parseManifests(
    [
      fetching("a", "name: there"),
      fetching("b", "name: there"),
      fetching("c", "name: gone"),
      fetching("d", "name: all, kind: ClusterSecretStore"),
      fetching("e", "name: rendered"),
      "kind: SecretStore\nmetadata: { name: rendered }",
    ].join("\n---\n"),
  );

  const stores = await storesThere(api.kube, manifests, "axon");

  expect(stores).toMatchObject([{ kind: "SecretStore", metadata: { name: "there" } }]);
  expect(api.asked.sort()).toEqual([
    `${API}/clustersecretstores/all`,
    `${OWN}/gone`,
    `${OWN}/there`,
  ]);
});
