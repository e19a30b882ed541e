import type { Plan, Step } from "@playbook/evm";
import { reduced } from "./dependency.ts";

/** More boxes than this are no picture any more. */
const MOST_STEPS = 40;
const LABEL_LENGTH = 36;

/**
 * The dependencies of a plan as a Mermaid flowchart, one box a chain; undefined where there is
 * nothing to see. Steps that wait for receipts have a thick border.
 */
export function graph({ chains, steps }: Pick<Plan, "chains" | "steps">): string | undefined {
  const edges = reduced(steps);
  const arrows = [...edges].flatMap(([id, after]) =>
    after.map((parent) => `  ${node(parent, steps)} --> ${node(id, steps)}`),
  );
  if (steps.length > MOST_STEPS || arrows.length === 0) return undefined;

  const boxes = chains.flatMap(({ name }, index) => {
    const own = steps.filter(({ chain }) => chain === name);
    if (own.length === 0) return [];
    const nodes = own.map((step) => `    ${node(step.id, steps)}["${caption(step)}"]`);
    return [`  subgraph c${index}["${plainText(name)}"]`, ...nodes, "  end"];
  });
  const waiting = steps.filter(({ waits }) => waits !== null).map(({ id }) => node(id, steps));
  const styles = waiting.length > 0 ? [`  class ${waiting.join(",")} waits`] : [];
  const classes = ["  classDef waits stroke-width:3px"];
  return ["flowchart LR", ...boxes, ...arrows, ...classes, ...styles].join("\n");
}

function node(id: string, steps: Step[]): string {
  return `s${steps.findIndex((step) => step.id === id)}`;
}

function caption({ id, label }: Step): string {
  const brief = shorten(label);
  const short = brief.length > LABEL_LENGTH ? `${brief.slice(0, LABEL_LENGTH - 1)}…` : brief;
  return plainText(`${id.split("/").at(-1)}: ${short}`);
}

/** Without salts and the middle of addresses, which the table beside the picture has. */
function shorten(label: string): string {
  return label
    .replace(/\{salt: [^,}]*\}/, "")
    .replaceAll(/\b(0x[0-9a-fA-F]{4})[0-9a-fA-F]{12,}([0-9a-fA-F]{4})\b/g, "$1…$2");
}

/** Mermaid's own way of writing characters that it gives a meaning to. */
function plainText(text: string): string {
  return text.replaceAll(/["#<>&`]/g, (char) => `#${char.charCodeAt(0)};`);
}
