import { BrowserProvider, Contract, parseEther, toQuantity } from "ethers";
import { useState } from "react";
import { nameOf } from "../config.js";

const ABI = [
  "function send(uint256 destination, address token, uint256 amount, address recipient) payable",
];
const NATIVE = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";

/** Sends the chain's coin to another chain, by the wallet of whoever looks at the page. */
export default function Send({ config, home }) {
  const [state, setState] = useState({});
  const others = Object.values(config.chains ?? {}).filter((one) => one.chainId !== home?.chainId);

  const send = async (event) => {
    event.preventDefault();
    const { destination, amount, recipient } = Object.fromEntries(new FormData(event.target));
    try {
      if (!window.ethereum) throw new Error("There is no wallet in this browser.");
      setState({ said: "Waiting for the wallet …", busy: true });
      const provider = new BrowserProvider(window.ethereum);
      const chainId = toQuantity(home.chainId);
      await provider.send("wallet_switchEthereumChain", [{ chainId }]);
      const signer = await provider.getSigner();
      const nexus = new Contract(home.contracts.Nexus, ABI, signer);
      const value = parseEther(amount);
      const sent = await nexus.send(destination, NATIVE, value, recipient, { value });
      setState({ said: "Waiting for the chain …", busy: true });
      const { hash } = await sent.wait();
      setState({ said: "Sent", hash });
    } catch (error) {
      // What a wallet says is inside of what ethers makes of it.
      setState({ failed: error.error?.message ?? error.shortMessage ?? error.message });
    }
  };

  if (!home) return <p>There is no Nexus to send from.</p>;
  return (
    <form onSubmit={send}>
      <h2>
        Send <small>from {home.name}</small>
      </h2>
      <label>
        To chain
        <select name="destination">
          {others.map(({ chainId }) => (
            <option key={chainId} value={chainId}>
              {nameOf(config, chainId)} ({chainId})
            </option>
          ))}
        </select>
      </label>
      <label>
        Recipient
        <input name="recipient" required pattern="0x[0-9a-fA-F]{40}" placeholder="0x…" />
      </label>
      <label>
        Amount
        <input name="amount" required defaultValue="0.1" inputMode="decimal" />
      </label>
      <button type="submit" disabled={state.busy}>
        Send
      </button>
      {state.said && (
        <output>
          {state.said} {state.hash && <code data-sent={state.hash}>{state.hash}</code>}
        </output>
      )}
      {state.failed && <p role="alert">{state.failed}</p>}
    </form>
  );
}
