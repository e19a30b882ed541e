import { lazy, Suspense, useEffect, useState } from "react";
import { homeOf } from "./config.js";
import { Overview } from "./pages/Overview.jsx";

// Pages that are fetched when somebody goes there: also from a tab that was opened releases ago.
const Transfers = lazy(() => import("./pages/Transfers.jsx"));
const Send = lazy(() => import("./pages/Send.jsx"));

const PAGES = [
  { path: "/", title: "Overview", Page: Overview },
  { path: "/transfers", title: "Transfers", Page: Transfers },
  { path: "/send", title: "Send", Page: Send },
];

export function App({ config }) {
  const [path, go] = usePath();
  const { Page } = PAGES.find((page) => page.path === path) ?? PAGES[0];
  const home = homeOf(config);
  return (
    <>
      <header>
        <strong>Nexus</strong>
        <nav>
          {PAGES.map(({ path: to, title }) => (
            <a
              key={to}
              href={to}
              aria-current={to === path ? "page" : undefined}
              onClick={(event) => {
                event.preventDefault();
                go(to);
              }}
            >
              {title}
            </a>
          ))}
        </nav>
        <small data-version={__VERSION__}>
          {__VERSION__} · {config.environment}
        </small>
      </header>
      <main>
        <Suspense fallback={<p>Loading …</p>}>
          <Page config={config} home={home} />
        </Suspense>
      </main>
    </>
  );
}

/** The address's path, and how to go elsewhere without a new page. */
function usePath() {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const show = () => setPath(location.pathname);
    addEventListener("popstate", show);
    return () => removeEventListener("popstate", show);
  }, []);
  const go = (to) => {
    history.pushState(null, "", to);
    setPath(to);
  };
  return [path, go];
}
