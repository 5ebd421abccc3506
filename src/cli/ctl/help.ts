import { VERBS } from "./verbs.ts";

const GROUPS = ["Look", "Units", "Unit files", "Init"] as const;
const OPERANDS: Readonly<Record<string, string>> = {
  Look: "[UNIT…]",
  Units: "UNIT…",
  "Unit files": "UNIT…",
  Init: "",
};

/** --help of usherctl and systemctl, no wider than 80 columns. */
export function ctlHelp(program: string): string {
  const groups = GROUPS.map((group) => {
    const rows = Object.entries(VERBS).filter(([, verb]) => verb.group === group && verb.help !== "");
    const lines = rows.map(([name, { help }]) => `  ${name.padEnd(22)} ${help}`);
    return `${group}${OPERANDS[group] === "" ? "" : ` (${OPERANDS[group]})`}:\n${lines.join("\n")}\n`;
  });
  return `${program} [OPTION…] VERB [UNIT…]: control usher, the init of this container

${groups.join("\n")}
Options:
  -a --all               dead units and empty properties too
  -t --type=TYPE         only units of that type: service, socket, target, …
     --state=STATE       only units in that state: active, failed, listening, …
     --now               with enable, disable, mask: start or stop as well
     --no-block          don't wait until it is done
     --runtime           with enable, mask, …: until the container ends
     --root=DIR          with enable, mask, …: on the files below DIR
  -p --property=NAME     with show: only that property
     --value             with show: only the value
  -n --lines=N           that many log lines
  -f --follow            with logs: go on with what comes; else: force
  -s --signal=SIGNAL     with kill
     --what=KIND         with clean: runtime, state, cache, logs, configuration,
                         fdstore or all; by default runtime, cache, fdstore
     --wait              with start, restart, kill: until the units have ended
  -o --output=MODE       json, json-pretty; for logs also short-iso, cat, …
  -q --quiet             say less
     --no-legend --plain bare lines for scripts

A name without its suffix is a service. Globs work: ${program} status 'my*'
Exit status: 0 done; 1 failed; 3 not active; 4 no such unit; 5 not loaded.

Examples:
  ${program} list-sockets
  ${program} status myapp.service
  ${program} enable --now myapp.socket
  usherctl logs -u myapp -f
  HEALTHCHECK CMD ["usherctl", "health", "myapp.socket"]
`;
}
