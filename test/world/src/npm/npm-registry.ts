import { type Listening, listen, sendJson } from "../runner/listen.ts";

export type NpmRegistry = Listening & {
  /** The lines that make npm's own clients ask here: an `.npmrc`. */
  readonly npmrc: string;
};

/**
 * npm's registry for who asks it which version of a program is the newest. There is nothing to be
 * installed from it.
 *
 * @param latest Versions by the packages' names; any other package is not there.
 */
export async function startNpmRegistry(
  latest: Readonly<Record<string, string>>,
): Promise<NpmRegistry> {
  const listening = await listen(({ url = "/" }, response) => {
    const name = decodeURIComponent(new URL(url, "http://npm").pathname.slice(1));
    const version = latest[name];
    if (version === undefined) return sendJson(response, 404, { error: "Not found" });
    sendJson(response, 200, {
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { name, version } },
    });
  });
  return Object.assign(listening, { npmrc: `registry=${listening.url}/\n` });
}
