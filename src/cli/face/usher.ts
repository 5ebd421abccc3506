/** The tools behind `usher` itself: --help, --version, --verify, --link-faces. */
import { parseOptions } from "../options.ts";
import { EEXIST, type System } from "../system.ts";
import { describeWrapOptions } from "../wrap-options.ts";
import { runVerify } from "./verify.ts";

const OPTIONS = {
  help: { kind: "flag", short: "h" },
  version: { kind: "flag", short: "V" },
  verify: { kind: "flag" },
  "link-faces": { kind: "flag" },
  output: { kind: "value", short: "o" },
  units: { kind: "value" },
} as const;

const HELP = `usher: PID 1 for containers. It opens every listening socket at boot, starts a
service when its first connection comes, and hands it the socket. It also does
what any PID 1 owes its container: reaps orphans, forwards signals, passes exit
codes on, and stops everything in order. Configured with systemd unit files.

Usage:
  usher                      run the units (as PID 1 of a container)
  usher [OPTION…] -- COMMAND [ARG…]
                             run a command, as tini does; with units beside it
                             where there are any
  usher --verify [FILE|DIR…] read unit files and say what is wrong in them
  usher --link-faces DIR [NAME…]  make links to usher under other names
  usher --help | --version

Options:
  --units DIR[:DIR…]         where units are looked for     USHER_UNIT_PATH
  --unit NAME                what is started at boot        default.target
  --stop-timeout SECONDS     for the whole stop (8)         USHER_STOP_TIMEOUT
  --log-level LEVEL          trace debug info warn error    USHER_LOG_LEVEL
  --log-format FORMAT        json or pretty                 USHER_LOG_FORMAT
  --sd-booted yes|no|auto    take systemd's place for packages  USHER_SD_BOOTED

Options for a command without units:
${describeWrapOptions()}
Units are read from /etc/usher/units, then from systemd's folders. A socket and
its service, for example:

  /etc/usher/units/myapp.socket    [Socket]
                                   ListenStream=8080
                                   [Install]
                                   WantedBy=sockets.target
  /etc/usher/units/myapp.service   [Service]
                                   ExecStart=/opt/myapp

An image:
  FROM debian:trixie-slim
  COPY --from=usher:dev /usr/bin/usher /usr/bin/usher
  RUN usher --link-faces /usr/bin usherctl
  COPY units/ /etc/usher/units/
  ENTRYPOINT ["/usr/bin/usher"]
  HEALTHCHECK CMD ["usherctl", "health"]

Look inside a running container:
  docker exec CONTAINER usherctl status
  docker exec CONTAINER usherctl list-sockets
  docker exec CONTAINER usherctl logs -f
`;

/** Names under which this program is another one. */
export const LINKABLE_FACES: readonly string[] = [
  "usherctl",
  "systemctl",
  "systemd-notify",
  "systemd-socket-activate",
  "systemd-socket-proxyd",
  "tini",
  "docker-init",
  "dumb-init",
  "catatonit",
];

export async function runUsher(system: System): Promise<number> {
  const parsed = parseOptions(OPTIONS, system.args, { program: "usher" });
  if (!parsed.ok) return complain(system, `${parsed.error}\nTry "usher --help".`, 2);
  const options = parsed.value;
  if (options.has("version")) return showVersion(system);
  if (options.has("verify")) {
    const [output, units] = [options.last("output") ?? "", options.last("units")];
    return runVerify(system, { paths: options.operands, output, units });
  }
  if (options.has("link-faces")) return linkFaces(system, options.operands);
  system.output.write(HELP);
  return 0;
}

function showVersion({ output, versions }: System): number {
  const { usher, quickjs, toolchain, arch, flavour } = versions;
  output.write(`usher ${usher} (${arch}${flavour === "release" ? "" : `, ${flavour}`})\n`);
  output.write(`QuickJS ${quickjs}; ${toolchain}\n`);
  return 0;
}

/** Links DIR/NAME to this program. What is there already stays: a real program is never replaced. */
function linkFaces(system: System, [folder, ...names]: readonly string[]): number {
  if (folder === undefined) return complain(system, "usher: --link-faces needs a folder", 2);
  const unknown = names.find((name) => !LINKABLE_FACES.includes(name));
  if (unknown !== undefined) {
    return complain(system, `usher: no face ${unknown}; there are ${LINKABLE_FACES.join(", ")}`, 2);
  }
  let exit = 0;
  for (const name of names.length > 0 ? names : LINKABLE_FACES) {
    const problem = linkFace(system, `${folder.replace(/\/+$/, "")}/${name}`);
    if (problem !== null) exit = complain(system, problem, 1);
  }
  return exit;
}

function linkFace({ files, programPath, explain, output }: System, path: string): string | null {
  const there = files.resolve(path);
  if (there.ok && there.value === programPath) return null;
  const linked = files.symlink(programPath, path);
  if (!linked.ok) {
    const cause = linked.error === EEXIST ? "something is there already, leaving it" : explain(linked.error);
    return `usher: cannot link ${path}: ${cause}`;
  }
  output.write(`${path} → ${programPath}\n`);
  return null;
}

function complain({ output }: System, message: string, status: number): number {
  output.writeError(`${message}\n`);
  return status;
}
