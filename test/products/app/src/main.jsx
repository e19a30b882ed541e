import { createRoot } from "react-dom/client";
import { App } from "./App.jsx";
import { loadConfig } from "./config.js";
import "./style.css";

const root = createRoot(document.getElementById("root"));

try {
  root.render(<App config={await loadConfig()} />);
} catch (error) {
  root.render(<p role="alert">The page cannot start: {error.message}</p>);
}
