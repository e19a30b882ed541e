/** How a build of the agents behaves. All is well unless something here says otherwise. */
export type AgentBehaviour = {
  /** Ends with exit code 101 as soon as it has read its settings. */
  crashes?: boolean;
  /** Runs, but answers no metrics. */
  neverReady?: boolean;
  /** Signs another root than the tree has, as validly as the right one. */
  signsWrongRoot?: boolean;
  /** Signs the right root as that of another message, as validly as the right one. */
  signsWrongMessage?: boolean;
  /** From this index on it lives and signs nothing. */
  stopsAt?: number;
  /** Before each signature. */
  delayMs?: number;
};
