import { childEnvironment, type Environment } from "@playbook/child";

/** Foundry's own settings, which may stand in the environment instead of foundry.toml. */
const FOUNDRY = /^(FOUNDRY|DAPP)_(?!.*(KEY|TOKEN|SECRET|PASSWORD))/;

/**
 * The environment of a program that runs a product's code: what programs need, and those variables
 * that the product names itself. Children reach the forks on this machine past any proxy.
 */
export function allowedEnvironment(env: Environment, named: Iterable<string>): Environment {
  const wanted = new Set(named);
  const given = childEnvironment(env, (name) => wanted.has(name) || FOUNDRY.test(name));
  const exceptions = [env.NO_PROXY ?? env.no_proxy, "127.0.0.1", "localhost"].filter(Boolean);
  const direct = exceptions.join(",");
  return { ...given, NO_PROXY: direct, no_proxy: direct };
}

/** npm's own settings: where its registry is and how to reach it. */
export function npmEnvironment(env: Environment): Environment {
  const settings = Object.keys(env).filter((name) => /^npm_config_/i.test(name));
  return allowedEnvironment(env, settings);
}

/** Variables that Solidity reads by cheatcode: `vm.envString("NAME")`, `vm.envOr("NAME", …)`. */
export function variablesInSource(source: string): string[] {
  const found = source.matchAll(/\bvm\s*\.\s*env\w+\s*\(\s*["']([A-Za-z_][A-Za-z0-9_]*)["']/g);
  return [...found].map(([, name]) => name as string);
}

/** Variables that foundry.toml interpolates: `${NAME}`. */
export function variablesInToml(text: string): string[] {
  return [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map(([, name]) => name as string);
}
