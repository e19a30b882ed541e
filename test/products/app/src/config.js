/**
 * Where this page runs: chains with their contracts, and the subgraph. One build serves every
 * environment, so the release names a file in the page's head; a developer's own server has none.
 */
export async function loadConfig() {
  const meta = document.querySelector('meta[name="playbook-config"]');
  if (!meta) return { environment: "development", chains: {} };
  const answer = await fetch(meta.content);
  if (!answer.ok) throw new Error(`${meta.content} answers ${answer.status}`);
  return answer.json();
}

/** The chain that the page is about: the first that has a Nexus. */
export function homeOf({ chains = {} }) {
  const found = Object.entries(chains).find(([, { contracts }]) => contracts?.Nexus);
  return found && { name: found[0], ...found[1] };
}

/** What people call a chain; its number when nothing of ours is there. */
export function nameOf({ chains = {} }, id) {
  const found = Object.entries(chains).find(([, { chainId }]) => chainId === Number(id));
  return found ? found[0] : String(id);
}
