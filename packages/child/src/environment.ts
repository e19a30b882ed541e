import type { Environment } from "./child.ts";

/** What every program needs to find its files, its language and the network. */
const NEEDED = new Set(
  (
    "PATH HOME USER LOGNAME LANG LC_ALL TZ TMPDIR XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME " +
    "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy " +
    "SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS"
  ).split(" "),
);

/** Never handed on, whoever asks for it: the runner's own channels, and what may open doors. */
const WITHHELD = /^(ACTIONS|INPUT|RUNNER|STATE|GITHUB|GH|AWS)_/;

/**
 * The environment of a program that runs a product's code: what programs need, and those other
 * variables that are wanted.
 */
export function childEnvironment(
  env: Environment,
  isWanted: (name: string) => boolean = () => false,
): Environment {
  const given = Object.entries(env).filter(
    ([name]) => (NEEDED.has(name) || isWanted(name)) && !WITHHELD.test(name),
  );
  return Object.fromEntries(given);
}
