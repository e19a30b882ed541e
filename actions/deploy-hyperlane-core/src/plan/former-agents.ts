import { ActionError, reason } from "@playbook/action";
import { textOf } from "@playbook/hyperlane";
import { z } from "zod";

const config = z.object({ chains: z.record(z.string(), z.record(z.string(), z.unknown())) });

export type AgentChains = z.output<typeof config>["chains"];

/**
 * What agents have known until now of a registry's chains, by their names: a run that leaves a
 * chain out must not take it from them. A file that is not there has none. Throws
 * `bad-agent-config`.
 */
export async function formerAgents(path: string, names: readonly string[]): Promise<AgentChains> {
  const text = await textOf(path);
  if (text === undefined) return {};
  const { chains } = read(text, path);
  return Object.fromEntries(Object.entries(chains).filter(([name]) => names.includes(name)));
}

function read(text: string, path: string): z.output<typeof config> {
  try {
    return config.parse(JSON.parse(text));
  } catch (error) {
    throw new ActionError(
      "bad-agent-config",
      {
        what: `${path} is not a configuration of Hyperlane's agents.`,
        // What a parser says of a JSON text may quote it.
        why: error instanceof z.ZodError ? reason(error) : "It is no JSON.",
        next: "Take it over from a result of this action, or correct the input `agent-config`.",
      },
      { cause: error },
    );
  }
}
