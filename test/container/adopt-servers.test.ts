/** The quicker of the servers of test/packages/adopt.test.ts, with shorter idle times. */

import { testServers } from "../packages/adopt/suite.ts";

const names = ["redis", "nginx", "node", "python"];
const quick = Object.fromEntries(
  names.map((name) => [`${name}.service.d/quick.conf`, "[X-Usher]\nIdleTimeoutSec=1s\n"]),
);

testServers(names, "usher-test:few-servers", quick);
