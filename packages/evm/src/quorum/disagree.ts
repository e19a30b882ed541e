import type { Call } from "../rpc.ts";
import { essenceOf } from "./rule.ts";
import type { Answer } from "./verdict.ts";

const SHOWN = 80;

/** Nodes do not say alike what has to be known. Names hosts only: a URL may hold a secret. */
export class NodesDisagree extends Error {
  override readonly name = "NodesDisagree";

  constructor(call: Call, answers: Answer[]) {
    const words = answers.map(({ host, outcome }) => {
      const said = "error" in outcome ? outcome.error.message : essenceOf(call, outcome.result);
      return `${host}: ${said.length > SHOWN ? `${said.slice(0, SHOWN)}…` : said}`;
    });
    super(`${call.method}: ${words.join("; ")}`);
  }
}
