import { describe, expect, it } from "vitest";
import { readFiles, readService, serviceWith } from "./read-files.ts";

const SERVICE = "[Service]\nExecStart=/bin/true\n";

describe("reading a unit", () => {
  it("tells a key that nobody knows from one that is somebody's own", () => {
    const { problems } = serviceWith("Restrat=always", "X-Mine=1");
    expect(problems).toEqual(['u.service:3:1: unknown key in section [Service], ignored: found "Restrat="']);
  });

  it("tells a section that the unit's type has not from one that is somebody's own", () => {
    const { problems } = readService(`${SERVICE}[Sokcet]\nListenStream=1\n[X-Mine]\nA=b\n[Timer]\n`);
    expect(problems).toEqual([
      "u.service:4: unknown section [Sokcet] in a service unit, ignored",
      "u.service: unknown section [Timer] in a service unit, ignored",
    ]);
  });

  it("tells in one line what is accepted without being carried out, protections apart", () => {
    const { unit, problems } = serviceWith(
      "PrivateTmp=yes",
      "TTYReset=yes",
      "ProtectSystem=full",
      "PrivateTmp=no",
    );
    expect(unit.loadState).toBe("loaded");
    expect(problems).toEqual([
      "u.service: accepted but NOT enforced in a container: PrivateTmp= ProtectSystem=; accepted, without effect in a container: TTYReset=",
    ]);
  });

  it("says what a wrong value should have been, and where it stands", () => {
    expect(serviceWith("RestartSec = soon").problems).toEqual([
      'u.service:3:14: RestartSec=: wrong value, ignored: found "soon", expected a time span such as 5min 20s, or infinity',
    ]);
  });

  it("finds the place in a value that goes over several lines", () => {
    const { problems } = serviceWith("Environment=A=1 \\", "# comment", "   2B=x");
    expect(problems[0]).toMatch(/^u\.service:5:4: /);
  });

  it("points at a specifier that is none", () => {
    expect(serviceWith("SyslogIdentifier=a%zb").problems).toEqual([
      'u.service:3:19: SyslogIdentifier=: the specifier %z is unknown here, the value is ignored: found "a%zb", expected a specifier of systemd.unit(5), or %% for a percent sign',
    ]);
  });

  it("warns of what was meant as a comment after a value", () => {
    expect(serviceWith("User=app ; the user").problems.at(-1)).toMatch(
      /a comment can't follow a value; .*'; the user'/,
    );
    expect(serviceWith('Environment="A=b # c"', "SyslogIdentifier=a#b").problems).toEqual([]);
  });

  it("refuses a unit for a program that can't be one, and reads on for what else is wrong", () => {
    const { unit, problems } = readService("[Service]\nExecStart=bin/x\nRestartSec=soon\n");
    expect(unit.loadState).toBe("bad-setting");
    expect(unit.loadError).toBe(`/units/${problems[0]}`);
    expect(problems).toHaveLength(2);
  });

  it("refuses a file that is fatally wrong", () => {
    const { unit, problems } = readService(`${SERVICE}[Unit\nDescription=x\n`);
    expect(unit.loadState).toBe("error");
    expect(problems).toEqual(['u.service:3:1: section header without a closing ]: found "[Unit"']);
  });

  it("reads a drop-in that is fatally wrong up to there, and the unit goes on", () => {
    const files = {
      "u.service": SERVICE,
      "u.service.d/x.conf": "[Unit]\nDescription=before\n[Service\nUser=app\n",
    };
    const { unit, problems } = readFiles(files, "u.service");
    expect(unit).toMatchObject({
      loadState: "loaded",
      unit: { description: "before" },
      exec: { user: null },
    });
    expect(problems).toEqual([
      'u.service.d/x.conf:3:1: section header without a closing ]: found "[Service"',
    ]);
  });

  it("refuses a unit for a drop-in's bad program", () => {
    const files = { "u.service": SERVICE, "u.service.d/x.conf": "[Service]\nExecStartPre=x/y\n" };
    expect(readFiles(files, "u.service").unit.loadState).toBe("bad-setting");
  });

  it("has no description where none is written: its name serves where it is shown", () => {
    expect(readService(SERVICE).unit.unit.description).toBe("");
  });

  it("knows an [Install] section that is empty", () => {
    expect(readService(`${SERVICE}[Install]\n`).unit.install.present).toBe(true);
    expect(readService(SERVICE).unit.install.present).toBe(false);
  });
});

describe("specifiers", () => {
  const expanded = (text: string, name?: string): string =>
    readService(`${SERVICE}[Unit]\nDescription=${text}\n`, name).unit.unit.description;

  it("name the unit and its parts", () => {
    expect(expanded("%n|%N|%p|%P|%i|%I|%j|%J|%f", "a-b@c-d.service")).toBe(
      "a-b@c-d.service|a-b@c-d|a-b|a/b|c-d|c/d|b|b|/c/d",
    );
  });

  it("name the file and its directory", () => {
    expect(expanded("%y %Y")).toBe("/units/u.service /units");
  });

  it("tell of the container and usher's account", () => {
    expect(expanded("%a %b %m %H %l %q %v %u %U %g %G %h %s")).toBe(
      "x86-64 fedcba9876543210fedcba9876543210 0123456789abcdef0123456789abcdef box.example box Box 6.1.0-18-amd64 root 0 root 0 /root /bin/sh",
    );
    expect(expanded("%o %w %W%M%B%A|")).toBe("debian 13 |");
  });

  it("name the directories", () => {
    expect(expanded("%t %S %C %L %E %D %T %V %d")).toBe(
      "/run /var/lib /var/cache /var/log /etc /usr/share /tmp /var/tmp /run/credentials/u.service",
    );
  });

  it("leave a percent sign before anything else", () => {
    expect(expanded("50% %% 5%-")).toBe("50% % 5%-");
  });
});
