const tier = (name, testMatch, testPathIgnorePatterns = []) => ({
  displayName: name,
  testEnvironment: "node",
  testMatch,
  testPathIgnorePatterns: [
    "/node_modules/",
    "/dist/",
    "/test/products/[^/]+/",
    ...testPathIgnorePatterns,
  ],
  modulePathIgnorePatterns: ["/dist/", "/test/products/[^/]+/"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "\\.ts$": [
      "@swc/jest",
      {
        jsc: { parser: { syntax: "typescript" }, target: "es2024" },
        module: { type: "es6", resolveFully: true },
      },
    ],
  },
});

/** What the world's agents have no answer to is asked where Hyperlane's own run. */
const onlyOfAgents = process.env.PLAYBOOK_REAL_AGENTS ? [] : ["/agents\\.real\\.test\\.ts$"];

/** The tiers, by file name: see CONTRIBUTING. */
export default {
  maxWorkers: 2,
  // Modules of ended tests stay in a worker: after hundreds of them its heap would be full.
  workerIdleMemoryLimit: "2GB",
  // For a busy machine: a test that hangs is to be seen, not one that is slow.
  testTimeout: 180_000,
  projects: [
    tier("unit", ["**/*.test.ts"], ["\\.(world|long|e2e|real)\\.test\\.ts$"]),
    tier("world", ["**/*.world.test.ts"]),
    tier("e2e", ["**/*.e2e.test.ts"]),
    tier("long", ["**/*.long.test.ts"]),
    tier("real", ["**/*.real.test.ts"], onlyOfAgents),
  ],
};
