import { contextForTests } from "@playbook/action/testing";

/** A context in which something happens once so many validators were let go. */
export function after(count: number, happens: () => unknown, context = contextForTests()) {
  let gone = 0;
  const say = context.progress;
  const progress = (line: string) => {
    say(line);
    if (!line.endsWith("is let go.")) return;
    gone += 1;
    if (gone === count) happens();
  };
  return Object.assign(context, { progress });
}
