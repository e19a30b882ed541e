import type { Answer } from "@playbook/action";
import { forbiddenScripts } from "./inline-scripts.ts";

/**
 * What a page's Content-Security-Policy keeps it from, though it is served as it should be: a page
 * that stays empty is a riddle to most people.
 */
export function policyWarnings(
  url: string,
  { headers, body }: Pick<Answer, "headers" | "body">,
): string[] {
  const policy = String(headers["content-security-policy"] ?? "");
  const scripts = forbiddenScripts(body, policy);
  return scripts > 0 ? [`${url}/ has ${scripts} ${SCRIPTS}`] : [];
}

const SCRIPTS =
  "scripts inside its HTML that its Content-Security-Policy keeps from running: the site's stack " +
  "has the parameter ScriptSources, which can be 'self' 'unsafe-inline'.";
