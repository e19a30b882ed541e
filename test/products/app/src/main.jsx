import { createRoot } from "react-dom/client";
import { App } from "./App.jsx";
import { loadConfig } from "./config.js";
import "./style.css";

// A tab that is older than what the site keeps goes on with the page as it is now. Once: a part that
// is missing there too is not waited for.
addEventListener("vite:preloadError", () => {
  const release = document.querySelector('meta[name="playbook-release"]')?.content ?? "";
  if (sessionStorage.getItem("left") === release) return;
  sessionStorage.setItem("left", release);
  location.reload();
});

const root = createRoot(document.getElementById("root"));

try {
  root.render(<App config={await loadConfig()} />);
} catch (error) {
  root.render(<p role="alert">The page cannot start: {error.message}</p>);
}
