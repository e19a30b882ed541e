import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Google's store, as anybody reads the objects of its public buckets: JSON API, `alt=media`. */
export async function startGoogleStorage(objects: ReadonlyMap<string, string>) {
  const server = createServer(({ url = "" }, response) => {
    const { pathname, searchParams } = new URL(url, "http://storage");
    const [, bucket, object] = /^\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(pathname) ?? [];
    const isThere = [...objects.keys()].some((one) => one.startsWith(`${bucket}/`));
    const isMedia = searchParams.get("alt") === "media";
    const name = decodeURIComponent(object ?? "");
    const body = object === undefined ? "{}" : isMedia && objects.get(`${bucket}/${name}`);
    response.statusCode = isThere && typeof body === "string" ? 200 : 404;
    response.end(response.statusCode === 200 ? body : `No such object: ${bucket}/${name}`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const end = () => server.close();
  return { url: `http://127.0.0.1:${port}`, [Symbol.dispose]: end };
}
