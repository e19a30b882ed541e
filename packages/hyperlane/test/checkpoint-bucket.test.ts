import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { contextForTests } from "@playbook/action/testing";
import { findLatest } from "../src/checkpoint-bucket.ts";

/** A proxy that lets nobody through, and the hosts that were wanted of it. */
async function startProxy() {
  const wanted: string[] = [];
  const server = createServer().on("connect", ({ url = "" }, socket) => {
    wanted.push(url);
    socket.destroy();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { server, wanted, url: `http://127.0.0.1:${port}` };
}

test.each([
  ["eu-central-1", "s3.eu-central-1.amazonaws.com:443"],
  ["us-gov-west-1", "s3.us-gov-west-1.amazonaws.com:443"],
  ["cn-north-1", "s3.cn-north-1.amazonaws.com.cn:443"],
])("a bucket in %s is looked for at that region's S3", async (region, host) => {
  const { server, wanted, url } = await startProxy();
  process.env.HTTPS_PROXY = url;
  try {
    const place = { name: "signatures", region };
    await expect(findLatest(place, { context: contextForTests() })).resolves.toBeNull();
  } finally {
    delete process.env.HTTPS_PROXY;
    server.close();
  }
  expect(wanted).toEqual([host]);
});
