import { code } from "@playbook/action";
import { explorerLink, type PlannedChain, type Wei } from "@playbook/evm";
import { formatUnits } from "ethers";

/** In the chain's native token, to four digits that say something. */
export function money({ metadata }: PlannedChain, amount: Wei): string {
  const { symbol, decimals } = metadata.nativeToken;
  const exact = Number(formatUnits(amount, decimals));
  // A space at which no line ends: a narrow column would put each unit on a line of its own.
  return `${exact.toLocaleString("en", { maximumSignificantDigits: 4 })}\u00a0${symbol}`;
}

/** An address or a transaction, behind a link where the chain has an explorer. */
export function linked(
  { metadata }: PlannedChain,
  kind: "tx" | "address",
  value: string,
  shown = value,
): string {
  const link = explorerLink(metadata, kind, value);
  return link ? `[${code(shown)}](${link})` : code(shown);
}
