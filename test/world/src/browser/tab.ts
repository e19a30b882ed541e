import type { BrowserContext, Page, Request } from "playwright-core";

/** What a page asked for, as the browser tells it. */
export type PageRequest = {
  url: string;
  /** `document`, `script`, `stylesheet`, `fetch`, … */
  kind: string;
  /** 0 when there was no reply. */
  status: number;
  /** undefined when there is none, or the page was left before it had come. */
  body: Buffer | undefined;
};

export type Tab = AsyncDisposable & {
  readonly page: Page;
  /** All that was asked for since the start or the last `forget`, once it is answered. */
  requests(): Promise<PageRequest[]>;
  /**
   * What a developer would see in red: errors of scripts and in the console, requests without a
   * reply or with an error, violations of the Content-Security-Policy.
   */
  complaints(): readonly string[];
  forget(): void;
};

/** The console does not hear of every violation. */
const TELL_VIOLATIONS = `addEventListener("securitypolicyviolation", (event) =>
  console.error("violation of " + event.violatedDirective + ": " + event.blockedURI))`;

/** A context's one tab. It has to be disposed of, and takes the context along. */
export async function openTab(context: BrowserContext): Promise<Tab> {
  await context.addInitScript(TELL_VIOLATIONS);
  const page = await context.newPage();
  let requests: Promise<PageRequest>[] = [];
  let complaints: string[] = [];

  const complain = (text: string) => void complaints.push(text);
  page.on("request", (request) => requests.push(answered(request)));
  page.on("pageerror", ({ message }) => complain(`error: ${message}`));
  page.on("console", (message) => {
    if (message.type() === "error") complain(`console: ${message.text()}`);
  });
  page.on("requestfailed", (request) =>
    complain(`failed: ${request.url()}: ${request.failure()?.errorText}`),
  );
  page.on("response", (response) => {
    if (response.status() >= 400) complain(`status: ${response.url()}: ${response.status()}`);
  });

  return {
    page,
    requests: () => Promise.all(requests),
    complaints: () => complaints,
    forget: () => {
      requests = [];
      complaints = [];
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** At once: the browser forgets what a page was given as soon as the page is left. */
async function answered(request: Request): Promise<PageRequest> {
  const response = await request.response().catch(() => null);
  return {
    url: request.url(),
    kind: request.resourceType(),
    status: response?.status() ?? 0,
    body: await response?.body().catch(() => undefined),
  };
}
