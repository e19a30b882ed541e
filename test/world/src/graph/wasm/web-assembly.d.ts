/** What Node.js has of WebAssembly: TypeScript knows it only as a part of browsers. */
declare namespace WebAssembly {
  type ImportValue = (...args: number[]) => unknown;
  type Imports = Record<string, Record<string, ImportValue>>;

  class Memory {
    readonly buffer: ArrayBuffer;
  }
  class Module {
    private constructor();
    static imports(module: Module): { module: string; name: string }[];
  }
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: object;
  }
  class RuntimeError extends Error {}

  function compile(bytes: Uint8Array): Promise<Module>;
}
