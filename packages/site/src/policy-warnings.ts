import type { Answer } from "@playbook/action";
import { forbiddenConnections } from "./connections.ts";
import { forbiddenScripts } from "./inline-scripts.ts";

/**
 * What a page's Content-Security-Policy keeps it from, though it is served as it should be: a page
 * that stays empty is a riddle to most people.
 */
export function policyWarnings(
  url: string,
  { headers, body }: Pick<Answer, "headers" | "body">,
  config: string | undefined,
): string[] {
  const policy = String(headers["content-security-policy"] ?? "");
  const scripts = forbiddenScripts(body, policy);
  const { origins, needed } = forbiddenConnections(config ?? "{}", policy, url);
  return [
    ...(scripts > 0 ? [`${url}/ has ${scripts} ${SCRIPTS}`] : []),
    ...(origins.length > 0
      ? [`The configuration names ${origins.join(", ")}, ${CONNECTIONS} ${needed.join(" ")}.`]
      : []),
  ];
}

const SCRIPTS =
  "scripts inside its HTML that its Content-Security-Policy keeps from running: the site's stack " +
  "has the parameter ScriptSources, which can be 'self' 'unsafe-inline'.";

const CONNECTIONS =
  "and the page's Content-Security-Policy does not let its code connect there: the site's stack " +
  "has the parameter ConnectSources, which can be";
