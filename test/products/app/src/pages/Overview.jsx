export function Overview({ config }) {
  const chains = Object.entries(config.chains ?? {});
  if (chains.length === 0) return <p>No contracts are released here yet.</p>;
  return chains.map(([name, { chainId, contracts }]) => (
    <section key={name}>
      <h2>
        {name} <small>chain {chainId}</small>
      </h2>
      <table>
        <tbody>
          {Object.entries(contracts).map(([contract, address]) => (
            <tr key={contract}>
              <th scope="row">{contract}</th>
              <td>
                <code>{address}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  ));
}
