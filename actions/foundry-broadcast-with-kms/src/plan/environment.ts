import type { Environment } from "./child.ts";

/** What every program needs to find its files, its language and the network. */
const NEEDED = new Set(
  (
    "PATH HOME USER LOGNAME LANG LC_ALL TZ TMPDIR XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME " +
    "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy " +
    "SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS"
  ).split(" "),
);

/** Foundry's own settings, which may stand in the environment instead of foundry.toml. */
const FOUNDRY = /^(FOUNDRY|DAPP)_(?!.*(KEY|TOKEN|SECRET|PASSWORD))/;

/** Never handed on, whoever asks for it: the runner's own channels, and what may open doors. */
const WITHHELD = /^(ACTIONS|INPUT|RUNNER|STATE|GITHUB|GH|AWS)_/;

/**
 * The environment of a program that runs a product's code: what programs need, and those variables
 * that the product names itself. Children reach the forks on this machine past any proxy.
 */
export function allowedEnvironment(env: Environment, named: Iterable<string>): Environment {
  const wanted = new Set([...NEEDED, ...named]);
  const given = Object.entries(env).filter(
    ([name]) => (wanted.has(name) || FOUNDRY.test(name)) && !WITHHELD.test(name),
  );
  const exceptions = [env.NO_PROXY ?? env.no_proxy, "127.0.0.1", "localhost"].filter(Boolean);
  const direct = exceptions.join(",");
  return { ...Object.fromEntries(given), NO_PROXY: direct, no_proxy: direct };
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
