/** Configurations of all inits for the same services, written as one tree that becomes /bench in the container. */

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Sizes that idle memory is measured at. */
export const unitCounts: readonly number[] = [0, 10, 200];
/** Numbers of sockets whose opening is timed. */
export const socketCounts: readonly number[] = [1, 10, 100, 1000];

const firstPort = 20_000;

type Entry = { readonly text: string; readonly mode: number } | { readonly link: string };
type Tree = Map<string, Entry>;

function add(tree: Tree, path: string, text: string, mode = 0o644): void {
  tree.set(path, { text, mode });
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** As `systemctl enable` would: systemd needs the link, usher takes [Install] of its own directory at its word. */
function enable(tree: Tree, folder: string, target: string, unit: string): void {
  tree.set(`systemd/${folder}/${target}.wants/${unit}`, { link: `../../../units/${folder}/${unit}` });
}

function addSockets(tree: Tree, count: number): void {
  const folder = `sockets-${count}`;
  for (const index of range(count)) {
    const socket = `u${index}.socket`;
    add(
      tree,
      `units/${folder}/${socket}`,
      `[Unit]\nDescription=Socket ${index}\n\n[Socket]\nListenStream=127.0.0.1:${firstPort + index}\n\n` +
        "[Install]\nWantedBy=sockets.target\n",
    );
    add(
      tree,
      `units/${folder}/u${index}.service`,
      `[Unit]\nDescription=Service ${index}\n\n[Service]\nExecStart=/opt/bench/answer\n`,
    );
    enable(tree, folder, "sockets.target", socket);
  }
}

function addServices(tree: Tree, count: number): void {
  const folder = `services-${count}`;
  const supervisor = [
    "[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=/run/s.pid\n",
  ];
  // The folders must be there with no unit in them, too.
  for (const path of [`units/${folder}`, `s6/${count}`, `runit/${count}`]) add(tree, `${path}/.keep`, "");
  for (const index of range(count)) {
    const name = `i${index}`;
    add(
      tree,
      `units/${folder}/${name}.service`,
      `[Unit]\nDescription=Service ${index}\n\n[Service]\nExecStart=/opt/bench/idle\n\n` +
        "[Install]\nWantedBy=multi-user.target\n",
    );
    enable(tree, folder, "multi-user.target", `${name}.service`);
    for (const init of ["s6", "runit"]) {
      add(tree, `${init}/${count}/${name}/run`, "#!/bin/sh\nexec /opt/bench/idle\n", 0o755);
    }
    supervisor.push(`[program:${name}]\ncommand=/opt/bench/idle\n`);
  }
  add(tree, `supervisor/${count}.conf`, supervisor.join("\n"));
}

/** One socket that starts a service over and over, with all limits off. */
function addActivation(tree: Tree): void {
  add(
    tree,
    "units/first-byte/bench.socket",
    `[Socket]\nListenStream=127.0.0.1:${firstPort}\nTriggerLimitIntervalSec=0\n\n[Install]\nWantedBy=sockets.target\n`,
  );
  add(
    tree,
    "units/first-byte/bench.service",
    "[Unit]\nStartLimitIntervalSec=0\n\n[Service]\nExecStart=/opt/bench/answer\n",
  );
  enable(tree, "first-byte", "sockets.target", "bench.socket");
  add(
    tree,
    "units/accept/bench.socket",
    `[Socket]\nListenStream=127.0.0.1:${firstPort}\nAccept=yes\nMaxConnections=20000\nBacklog=1024\n` +
      "TriggerLimitIntervalSec=0\nPollLimitIntervalSec=0\n\n[Install]\nWantedBy=sockets.target\n",
  );
  add(
    tree,
    "units/accept/bench@.service",
    "[Unit]\nStartLimitIntervalSec=0\nCollectMode=inactive-or-failed\n\n" +
      "[Service]\nExecStart=/opt/bench/session\nStandardInput=socket\nStandardError=null\n",
  );
  enable(tree, "accept", "sockets.target", "bench.socket");
  add(
    tree,
    "xinetd.conf",
    "defaults\n{\n  instances = UNLIMITED\n  cps = 0 0\n  per_source = UNLIMITED\n  log_type = FILE /dev/null\n}\n\n" +
      "service bench\n{\n  type = UNLISTED\n  socket_type = stream\n  protocol = tcp\n  wait = no\n" +
      `  bind = 127.0.0.1\n  port = ${firstPort}\n  user = root\n  server = /opt/bench/session\n}\n`,
  );
}

/** Both write into the folder that they supervise, so that each life needs a fresh one; exec, so that no shell stays. */
function addSupervisorStarts(tree: Tree): void {
  const start = (init: string, command: string): string =>
    `#!/bin/sh\ncp -r "/bench/${init}/$1" /run/services && exec ${command} /run/services\n`;
  add(tree, "start-s6", start("s6", "s6-svscan"), 0o755);
  add(tree, "start-runit", start("runit", "runsvdir -P"), 0o755);
}

/** systemd with nothing but the measured units: its own early boot (mounts, journal, temporary files) left out. */
function addSystemdBase(tree: Tree): void {
  const targets: Readonly<Record<string, string>> = {
    "sysinit.target": "DefaultDependencies=no\n",
    "sockets.target": "",
    "basic.target": "Requires=sysinit.target\nWants=sockets.target\nAfter=sysinit.target sockets.target\n",
    "multi-user.target": "Requires=basic.target\nAfter=basic.target\n",
    "shutdown.target": "DefaultDependencies=no\n",
  };
  for (const [name, text] of Object.entries(targets)) {
    add(tree, `systemd/base/${name}`, `[Unit]\nDescription=${name}\n${text}`);
  }
}

function makeTree(): Tree {
  const tree: Tree = new Map();
  for (const count of unitCounts) addServices(tree, count);
  for (const count of new Set([...unitCounts, ...socketCounts])) {
    if (count > 0) addSockets(tree, count);
  }
  addActivation(tree);
  addSupervisorStarts(tree);
  addSystemdBase(tree);
  return tree;
}

/** Writes the tree anew and answers with its folder. */
export function writeFixtures(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, entry] of makeTree()) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    if ("link" in entry) symlinkSync(entry.link, target);
    else writeFileSync(target, entry.text, { mode: entry.mode });
  }
  return folder;
}
