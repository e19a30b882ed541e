export { type ChildOptions, type Ended, type Environment, runChild } from "./child.ts";
export { childEnvironment } from "./environment.ts";
export { plain } from "./plain.ts";
