import { createHash, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";
import { tool } from "../../../../scripts/tools.ts";
import { type Process, startProcess } from "../process.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { startWalledNetwork, type WalledNetwork } from "../walled-network.ts";
import { openTab, type Tab } from "./tab.ts";

export type BrowserOptions = {
  /** Host, without a port, to the URL of the server on this machine that stands for it. */
  hosts: Record<string, string>;
  /** An existing folder for its profile; one of its own when absent. */
  dir?: string;
};

export type Browser = AsyncDisposable & {
  /** A window of somebody who was never here before: no cache, no storage, one tab. */
  open(): Promise<Tab>;
  /** From now on a host, without a port, is the server at that URL of this machine. */
  lead(host: string, url: string): void;
  /** `host:port` of all that it wanted to reach, what it was refused too. */
  reached(): readonly string[];
};

/**
 * Chromium without a screen. It reaches `https://` of these hosts and nothing else, and ends with
 * this process, however that ends.
 */
export async function startBrowser({ hosts, dir }: BrowserOptions): Promise<Browser> {
  await using cleanup = new AsyncDisposableStack();
  const home = dir ?? cleanup.use(await temporaryFolder("browser")).path;
  const known = { ...hosts };
  const network = cleanup.use(await startWalledNetwork({ dir: home, hosts: known }));
  const program = cleanup.use(await launch(home, network));
  const control = await chromium.connectOverCDP(addressIn(program.output()));
  cleanup.defer(() => control.close());

  const parts = cleanup.move();
  return {
    open: async () => openTab(await control.newContext()),
    lead: (host, url) => {
      known[host] = url;
    },
    reached: () => network.tunnels(),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function launch(home: string, network: WalledNetwork): Promise<Process> {
  const command = await tool("chromium");
  const { HTTPS_PROXY, NODE_EXTRA_CA_CERTS } = network.environment;
  return startProcess({
    name: "chromium",
    command,
    args: [
      ...["--headless", "--disable-gpu", "--hide-scrollbars"],
      // The pages are our own, and neither root nor a container can have its sandbox.
      ...["--no-sandbox", "--disable-dev-shm-usage"],
      `--user-data-dir=${join(home, "profile")}`,
      "--remote-debugging-port=0",
      // All leads through the wall: names are not looked up, this machine is no exception.
      ...[`--proxy-server=${HTTPS_PROXY}`, "--proxy-bypass-list=<-loopback>"],
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
      `--ignore-certificate-errors-spki-list=${await keyDigest(NODE_EXTRA_CA_CERTS)}`,
      ...["--disable-background-networking", "--disable-component-update"],
    ],
    env: { HOME: home, ...libraries(dirname(command)) },
    ready: (output) => addressIn(output) !== "",
  });
}

/** What came with it in its package; another one has its machine's. */
function libraries(folder: string): Record<string, string> {
  const fonts = join(folder, "fonts.conf");
  return existsSync(fonts) ? { LD_LIBRARY_PATH: join(folder, "lib"), FONTCONFIG_FILE: fonts } : {};
}

async function keyDigest(certificate: string): Promise<string> {
  const { publicKey } = new X509Certificate(await readFile(certificate));
  const bytes = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(bytes).digest("base64");
}

function addressIn(output: string): string {
  return /DevTools listening on (ws:\S+)/.exec(output)?.[1] ?? "";
}
