/** A release of Hyperlane's agents, as `1.5.0`. */
export type AgentVersion = string;

/** The newest release whose chains are listed here. */
const NEWEST = "2.3.0";

/**
 * The chains that releases of the agents know by themselves, from the first to the last that does:
 * name and domain of each. They take neither under another's.
 */
const KNOWN: { since: AgentVersion; until: AgentVersion; chains: string }[] = [
  {
    since: "1.5.0",
    until: "1.5.0",
    chains: `
      abstracttestnet 11124, alfajores 44787, cheesechain 383353, connextsepolia 6398,
      holesky 17000, kroma 255, proofofplay 70700, real 111188, sanko 1996,
      superpositiontestnet 98985, zklink 810180
    `,
  },
  {
    since: "1.5.0",
    until: "1.7.0",
    chains: `
      inevm 2525, injective 6909546, mint 185, neutron 1853125230, osmosis 875
    `,
  },
  {
    since: "1.5.0",
    until: "2.0.0",
    chains: `
      chiado 10200, kyvealpha 75898669, moonbasealpha 1287, plumetestnet 161221135,
      pragmadevnet 6363709, scrollsepolia 534351
    `,
  },
  {
    since: "1.5.0",
    until: "2.2.0",
    chains: `
      ancient8 888888888, cyber 7560, degenchain 666666666, endurance 648, fusemainnet 122,
      mantapacific 169, merlin 4200, moonbeam 1284, redstone 690, tangle 5845, xai 660279,
      zeronetwork 543210, zetachain 7000, zircuit 48900, zoramainnet 7777777
    `,
  },
  {
    since: "1.5.0",
    until: "2.3.0",
    chains: `
      arbitrum 42161, avalanche 43114, blast 81457, bob 60808, bsc 56, bsctestnet 97,
      celo 42220, cosmostest99990 99990, cosmostest99991 99991, cosmostestnative1 75898670,
      cosmostestnative2 75898671, eclipsemainnet 1408864445, ethereum 1, fraxtal 252,
      fueltest1 13374, fuji 43113, gnosis 100, linea 59144, lisk 1135, lukso 42, mantle 5000,
      metis 1088, mode 34443, optimism 10, polygon 137, sealeveltest1 13375,
      sealeveltest2 13376, sei 1329, sepolia 11155111, solanamainnet 1399811149,
      starknetmainnet 23448592, starknetsepolia 23448591, starknettest23448593 23448593,
      starknettest23448594 23448594, taiko 167000, test1 9913371, test2 9913372, test3 9913373,
      treasure 61166, viction 88, worldchain 480, xlayer 196, zksync 324
    `,
  },
  {
    since: "1.6.0",
    until: "1.7.0",
    chains: `
      form 478, milkywaytestnet 1162171030, svmbnb 574456
    `,
  },
  {
    since: "1.6.0",
    until: "2.0.0",
    chains: `
      auroratestnet 1313161555, basecamptestnet 1000001114, carrchaintestnet 76672,
      citreatestnet 5115, megaethtestnet 6342, monadtestnet 10143, neuratestnet 267,
      nobletestnet 1196573006, somniatestnet 50312, subtensortestnet 945
    `,
  },
  {
    since: "1.6.0",
    until: "2.2.0",
    chains: `
      arbitrumnova 42170, arcadiatestnet2 1098411886, artela 11820, astar 592,
      aurora 1313161554, b3 8333, bsquared 223, chilizmainnet 1000088888, coredao 1116,
      dogechain 2000, everclear 25327, fantom 250, flare 14, fluence 9999999, gravity 1625,
      harmony 1666600000, kaia 8217, milkyway 1835625579, miraclechain 92278, molten 360,
      ontology 58, opbnb 204, orderly 291, polygonzkevm 1101, polynomialfi 1000008008,
      rarichain 1000012617, scroll 534352, shibarium 109, sophon 50104, story 1514, stride 745,
      superpositionmainnet 1000055244, swell 1923, torus 21000, xrplevm 1440000
    `,
  },
  {
    since: "1.6.0",
    until: "2.3.0",
    chains: `
      abstract 2741, apechain 33139, appchain 466, arbitrumsepolia 421614, arcadia 4278608,
      base 8453, basesepolia 84532, berachain 80094, bitlayer 200901, boba 288, botanix 3637,
      celestiatestnet 1297040200, corn 21000000, coti 2632500, cotitestnet 7082400,
      eclipsetestnet 239092742, edgenchain 4207, flowmainnet 1000000747, forma 984122,
      galactica 613419, glue 1300, guru 260, hashkey 177, hemi 43111, hyperevm 999,
      hyperliquidevmtestnet 998, immutablezkevmmainnet 1000013371, ink 57073, katana 747474,
      kyve 1264145989, kyvetestnet 1262571342, lumiaprism 1000073017, matchain 698,
      metal 1000001750, modetestnet 919, morph 2818, nibiru 6900, noble 1313817164,
      oortmainnet 970, optimismsepolia 11155420, paradex 514051890, paradexsepolia 12263410,
      peaq 3338, plume 98866, polygonamoy 80002, prom 227, radix 1633970780,
      radixtestnet 1280787160, reactive 1597, ronin 2020, solanatestnet 1399811150,
      solaxy 1936682104, soneium 1868, sonic 146, sonicsvm 507150715, sonicsvmtestnet 15153042,
      soon 50075007, starknet 358974494, subtensor 964, superseed 5330, tac 239, test4 31337,
      unichain 130, vana 1480
    `,
  },
  {
    since: "2.0.0",
    until: "2.3.0",
    chains: `
      aleo 1634493807, aleotestnet 1617853565
    `,
  },
  {
    since: "2.1.0",
    until: "2.2.0",
    chains: `
      incentiv 24101, incentivtestnet 28802
    `,
  },
  {
    since: "2.1.0",
    until: "2.3.0",
    chains: `
      celosepolia 11142220
    `,
  },
  {
    since: "2.3.0",
    until: "2.3.0",
    chains: `
      radixtest0 9913374, radixtest1 9913375
    `,
  },
];

type Known = { name: string; domain: number; since: AgentVersion; until: AgentVersion };

const ALL: Known[] = KNOWN.flatMap(({ chains, ...releases }) =>
  chains.split(",").map((one) => {
    const [name = "", domain] = one.trim().split(/\s+/);
    return { name, domain: Number(domain), ...releases };
  }),
);

/**
 * What agents have against a chain: one that they know has its name with another domain, or its
 * domain by another name, and they end at their start. Of all releases, where none is given.
 */
export function strangeChain(
  { name, domain }: { name: string; domain: number },
  version?: AgentVersion,
): string | undefined {
  const isSame = (one: Known) => one.name === name && one.domain === domain;
  const own = ALL.filter((one) => version === undefined || knows(one, version));
  const other = own.find((one) => (one.name === name || one.domain === domain) && !isSame(one));
  if (!other) return undefined;
  const { since, until } = other;
  const who = version === undefined ? `agents-v${since} to v${until}` : `agents-v${version}`;
  return (
    `Hyperlane's agents (${who}) know ${other.name} by themselves, with domain ${other.domain}: ` +
    `they take no ${name} with domain ${domain}, and end at their start.`
  );
}

/** What is newer than all that are known here is like the newest of them. */
function knows({ since, until }: Known, version: AgentVersion): boolean {
  const asked = isBefore(NEWEST, version) ? NEWEST : version;
  return !isBefore(asked, since) && !isBefore(until, asked);
}

/** Whether a release is older than another. */
export function isBefore(one: AgentVersion, other: AgentVersion): boolean {
  return one.localeCompare(other, "en", { numeric: true }) < 0;
}
