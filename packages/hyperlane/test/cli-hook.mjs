import { registerHooks } from "node:module";

/**
 * Makes the official CLI's bundle start with the module that has the agents' schemas, in the place of
 * its own entry, and judge what it is given. The bundle does not hand them out.
 */
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith("/bundle/index.js")) return loaded;
    return { ...loaded, source: judging(String(loaded.source)) };
  },
});

const EXPORTED = "/* binding */ AgentConfigSchema)";
const MODULE = ":\n/***/ (";
const STARTUP = "var __webpack_exports__ = __nccwpck_require__(";

const JUDGE = `
const { text } = await import("node:stream/consumers");
const all = JSON.parse(await text(process.stdin));
const { relayer, validator } = __webpack_exports__;
const said = all.map(({ schema, config }) => {
  const result = { relayer, validator }[schema].safeParse(config);
  if (result.success) return "";
  return result.error.issues.map(({ path, message }) => path.join(".") + ": " + message).join("; ");
});
process.stdout.write("\\n" + JSON.stringify(said) + "\\n", () => process.exit(0));
`;

function judging(source) {
  const at = source.indexOf(EXPORTED);
  const head = source.lastIndexOf(MODULE, at);
  const start = source.lastIndexOf(STARTUP);
  if (Math.min(at, head, start) < 0) throw new Error("The bundle has no AgentConfigSchema.");

  const [id] = /\d+$/.exec(source.slice(head - 12, head));
  const more =
    ", relayer: () => RelayerAgentConfigSchema, validator: () => ValidatorAgentConfigSchema";
  const end = at + EXPORTED.length;
  const entry = source.indexOf(")", start);
  return [
    source.slice(0, end),
    more,
    source.slice(end, start + STARTUP.length),
    id,
    source.slice(entry),
    JUDGE,
  ].join("");
}
