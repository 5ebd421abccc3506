import { by, type Case } from "../case.ts";
import { belowTini, systemd, usher } from "../contenders.ts";
import { summarise } from "../figures.ts";

export const firstByte: Case = {
  name: "first-byte",
  title: "First byte from a service that must be started",
  method:
    "From `connect` to the first byte of a static C program that takes the connection from descriptor 3, answers and ends; it has ended before the next sample. `bare-spawn` is the least that is possible: no init, the client itself spawns the program (vfork, exec) once it has connected. systemd-socket-activate becomes the service, so each sample is the first of a new one; *cold* is the first connection of an init's life.",
  columns: [
    { metric: "every", heading: "connect to first byte" },
    { metric: "cold", heading: "cold" },
  ],
  reference: "bare-spawn",
  async run(box, effort) {
    const rounds = by(effort, { quick: 3, normal: 10, long: 20 });
    const count = by(effort, { quick: 10, normal: 15, long: 30 });
    const samples = await box.drive("first-byte", { rounds, count }, [
      { subject: "bare-spawn", command: "bare /opt/bench/answer" },
      belowTini(
        "systemd-socket-activate",
        "systemd-socket-activate -l 127.0.0.1:20000 /opt/bench/answer",
      ),
      systemd("first-byte"),
      usher("first-byte"),
    ]);
    return summarise("first-byte", samples, { every: "ns", cold: "ns" });
  },
};
