import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // What this build is of: the page shows it, so that two releases can be told apart.
  define: { __VERSION__: JSON.stringify(process.env.npm_package_version ?? "dev") },
});
