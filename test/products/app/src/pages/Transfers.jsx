import { formatEther } from "ethers";
import { useEffect, useState } from "react";
import { nameOf } from "../config.js";

const QUERY = `{
  transfers(first: 20, orderBy: nonce, orderDirection: desc) {
    id nonce destination recipient amount transaction
  }
  _meta { block { number } }
}`;

const EVERY_MS = 1_000;

/** What was sent, as the subgraph has it. */
export default function Transfers({ config }) {
  const [told, setTold] = useState({});
  useEffect(() => {
    if (!config.subgraph) return;
    const ask = () => transfersFrom(config.subgraph).then(setTold, (error) => setTold({ error }));
    ask();
    const timer = setInterval(ask, EVERY_MS);
    return () => clearInterval(timer);
  }, [config.subgraph]);

  if (!config.subgraph) return <p>No subgraph is configured here.</p>;
  if (told.error) return <p role="alert">The subgraph does not answer: {told.error.message}</p>;
  if (!told.transfers) return <p>Loading …</p>;
  return (
    <section>
      <h2>
        Transfers <small>up to block {told._meta.block.number}</small>
      </h2>
      <table>
        <thead>
          <tr>
            <th>Nonce</th>
            <th>To</th>
            <th>Recipient</th>
            <th>Amount</th>
          </tr>
        </thead>
        <tbody>
          {told.transfers.map((one) => (
            <tr key={one.id} data-transaction={one.transaction}>
              <td>{one.nonce}</td>
              <td>{nameOf(config, one.destination)}</td>
              <td>
                <code>{one.recipient}</code>
              </td>
              <td>{formatEther(one.amount)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

async function transfersFrom(subgraph) {
  const answer = await fetch(subgraph, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: QUERY }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(errors[0].message);
  return data;
}
