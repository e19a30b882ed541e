import { list } from "@playbook/action";
import { z } from "zod";

const KEY = /^([a-z0-9.-]+)\s*[=:]\s*(0x[0-9a-fA-F]{66})$/;

/** An input of pods' public keys: `axon-0 = 0x03…`, one a line. */
export const podKeys = list.transform((items, context) => {
  const entries = items.map((item) => KEY.exec(item));
  const wrong = items.find((_, index) => !entries[index]);
  if (wrong !== undefined) {
    context.addIssue(`"${wrong}" is no \`pod = public key\`, the key 33 bytes in hex.`);
    return z.NEVER;
  }
  return new Map(entries.map((entry) => [entry?.[1] ?? "", (entry?.[2] ?? "").toLowerCase()]));
});
