import { Heap, type Pointer, type Runtime } from "./heap.ts";
import { type Host, hostFunctionNames, hostFunctions, MappingFailure } from "./host.ts";

/** Compiles a mapping. What it wants of its host and this one lacks is an error from the start. */
export async function compileMapping(bytes: Uint8Array): Promise<WebAssembly.Module> {
  const module = await WebAssembly.compile(Uint8Array.from(bytes));
  const wanted = WebAssembly.Module.imports(module).map(({ name }) => name);
  const unknown = wanted.filter((name) => !hostFunctionNames.includes(name));
  if (unknown.length === 0) return module;
  throw new Error(`the stand-in for graph-node has no host function ${unknown.join(", ")}`);
}

/**
 * Runs a handler in an instance of its own, as graph-node does: nothing of one handler's memory is
 * left for the next. Throws a MappingFailure for what would fail in the same way again.
 */
export function runHandler(
  module: WebAssembly.Module,
  handler: string,
  host: Host,
  argument: (heap: Heap) => Pointer,
): void {
  let runtime: Runtime;
  const heap = new Heap(() => runtime);
  const imports = importsOf(module, hostFunctions(heap, host));
  const { exports } = new WebAssembly.Instance(module, imports);
  runtime = exports as unknown as Runtime;

  const program = exports as Record<string, (argument?: Pointer) => void>;
  const run = program[handler];
  if (!run) throw new MappingFailure(`function ${handler} not found`);
  try {
    program._start?.();
    run(argument(heap));
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    throw new MappingFailure(`wasm trap: ${error.message}`);
  }
}

function importsOf(
  module: WebAssembly.Module,
  functions: ReturnType<typeof hostFunctions>,
): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const named = imports[from] ?? {};
    named[name] = functions[name] as WebAssembly.ImportValue;
    imports[from] = named;
  }
  return imports;
}
