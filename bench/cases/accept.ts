import type { Box, DriverOptions } from "../box.ts";
import { by, type Case } from "../case.ts";
import { belowTini, systemd, usher } from "../contenders.ts";
import { type Figure, summarise } from "../figures.ts";

const program = "/opt/bench/session";

const activators = [
  belowTini("tcpserver", `tcpserver -H -R -l0 -c 20000 -b 1024 127.0.0.1 20000 ${program}`),
  belowTini("xinetd", "xinetd -dontfork -f /bench/xinetd.conf"),
  belowTini("socat", `socat TCP-LISTEN:20000,bind=127.0.0.1,fork,backlog=1024 EXEC:${program},nofork`),
  belowTini(
    "systemd-socket-activate",
    `systemd-socket-activate --accept --inetd -l 127.0.0.1:20000 ${program}`,
  ),
  systemd("accept"),
  usher("accept"),
];

async function measure(
  box: Box,
  metric: string,
  options: DriverOptions,
  without: readonly string[],
): Promise<Figure[]> {
  const able = activators.filter(({ subject }) => !without.includes(subject));
  const samples = await box.drive("accept", options, able);
  return summarise("accept", samples, { rate: "per-second" }).map((one) => ({ ...one, metric }));
}

export const accept: Case = {
  name: "accept",
  title: "Connections a second, a process for each (Accept=yes)",
  method:
    "One byte is sent, the program answers with one byte and ends; a connection is done when the client sees its end. *One by one*, *64 at once*; in the long form also one by one while 10 or 10,000 other connections are open, each with its live process.",
  columns: [
    { metric: "serial", heading: "one by one" },
    { metric: "parallel", heading: "64 at once" },
    { metric: "live-10", heading: "with 10 live" },
    { metric: "live-10000", heading: "with 10,000 live" },
  ],
  reference: "tcpserver",
  async run(box, effort) {
    const rounds = by(effort, { quick: 2, normal: 4, long: 12 });
    const milliseconds = by(effort, { quick: 300, normal: 400, long: 600 });
    const figures = [
      ...(await measure(box, "serial", { rounds, milliseconds }, [])),
      ...(await measure(box, "parallel", { rounds, milliseconds, atOnce: 64 }, [])),
    ];
    if (effort !== "long") return figures;
    // With 10,000 systemd would take minutes to get there.
    figures.push(
      ...(await measure(box, "live-10", { rounds: 6, milliseconds, live: 10 }, [])),
      ...(await measure(box, "live-10000", { rounds: 1, milliseconds: 3000, live: 10_000 }, ["systemd"])),
    );
    return figures;
  },
};
