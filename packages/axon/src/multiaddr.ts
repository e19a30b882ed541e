import { isIPv4, isIPv6 } from "node:net";
import { isPeerId } from "./keys.ts";

/** A network address as Axon's peers write it: `/dns4/host/tcp/8001/p2p/<peer id>`. */
export type Multiaddr = { text: string; host?: string; port?: number; peerId?: string };

/** What follows each protocol's name, or why it cannot. */
const ARGUMENTS: Record<string, ((text: string) => string | undefined) | undefined> = {
  ip4: (text) => (isIPv4(text) ? undefined : `${text} is no IPv4 address`),
  ip6: (text) => (isIPv6(text) ? undefined : `${text} is no IPv6 address`),
  dns4: () => undefined,
  dns6: () => undefined,
  tls: () => undefined,
  tcp: (text) => (isPort(text) ? undefined : `${text} is no port`),
  p2p: (text) => (isPeerId(text) ? undefined : `${text} is no peer id (base58 of a SHA-256 hash)`),
  memory: (text) => (/^\+?[0-9]+$/.test(text) ? undefined : `${text} is no number`),
};

const ALONE = ["ws", "wss"];

/** Reads an address, or says why Axon would not. */
export function readMultiaddr(text: string): Multiaddr | string {
  const [before, ...parts] = text.split("/");
  if (before !== "" || parts.length === 0) return "it has to begin with /";
  const address: Multiaddr = { text };
  while (parts.length > 0) {
    const fault = readPart(parts, address);
    if (fault) return fault;
  }
  return address;
}

function readPart(parts: string[], address: Multiaddr): string | undefined {
  const protocol = parts.shift() ?? "";
  if (ALONE.includes(protocol)) return;
  const judge = Object.hasOwn(ARGUMENTS, protocol) ? ARGUMENTS[protocol] : undefined;
  if (!judge) return `"${protocol}" is none of ${[...Object.keys(ARGUMENTS), ...ALONE].join(", ")}`;
  const argument = parts.shift();
  if (argument === undefined) return `nothing follows ${protocol}`;
  const fault = judge(argument);
  if (fault) return fault;
  if (protocol === "tcp") address.port = Number(argument);
  if (protocol === "p2p") address.peerId = argument;
  if (/^(ip|dns)[46]$/.test(protocol)) address.host = argument;
}

/** Whether Rust reads it as a `u16`. */
export function isPort(text: string): boolean {
  return /^\+?[0-9]+$/.test(text) && Number(text) <= 65_535;
}
