import { expect, test } from "vitest";
import { startUsher } from "./harness/usher.ts";

const SHOW =
  'id -u; echo "$CREDENTIALS_DIRECTORY"; for f in "$CREDENTIALS_DIRECTORY"/*; do stat -c "%n %a %u" "$f"; cat "$f"; echo; done';

test("credentials are the service's own files, and gone when it has stopped", async () => {
  const box = await startUsher({
    files: { "/etc/secret": "from a file", "/opt/show.sh": `#!/bin/sh\n${SHOW}\n` },
    units: {
      "show.service": `[Service]\nType=oneshot\nUser=alice\nSetCredential=word:open sesame\nLoadCredential=key:/etc/secret\nExecStart=/bin/sh /opt/show.sh\nStandardOutput=file:/tmp/shown\n`,
      "missing.service": "[Service]\nType=oneshot\nLoadCredential=key:/nowhere\nExecStart=/bin/true\n",
    },
  });
  await box.booted();
  await box.run("systemctl start show.service");
  const directory = "/run/credentials/show.service";
  expect(await box.readFile("/tmp/shown")).toBe(
    `990\n${directory}\n${directory}/key 400 990\nfrom a file\n${directory}/word 400 990\nopen sesame\n`,
  );
  expect(await box.run("ls -d /run/credentials/* 2>/dev/null || echo none")).toContain("none");

  expect((await box.exec(["systemctl", "start", "missing.service"])).exitCode).toBe(1);
  expect(await box.run("systemctl show -p ExecMainStatus --value missing.service")).toBe("243\n");
});

test("ImportCredential= takes what the stores have, under another name if wanted; loaded ones come first, set ones last", async () => {
  const box = await startUsher({
    files: {
      "/run/credentials/@system/app.one": "of the system",
      "/etc/credstore/app.one": "of the store",
      "/etc/credstore/app.two": "two",
      "/etc/credstore/other": "nobody asked",
      "/usr/lib/credstore/exact": "exact",
      "/etc/three": "loaded",
      "/etc/credstore/app.three": "imported",
    },
    units: {
      "import.service":
        "[Service]\nType=oneshot\nSetCredential=app.two:set\nSetCredential=app.four:set\n" +
        "ImportCredential=app.*\nImportCredential=exact:renamed\nImportCredential=app.tw*:moved-\n" +
        "ImportCredential=nothing.*\nLoadCredential=app.three:/etc/three\n" +
        "ExecStart=/bin/sh -c 'cd \"$CREDENTIALS_DIRECTORY\" && grep . *'\nStandardOutput=file:/tmp/shown\n",
    },
  });
  await box.booted();
  await box.run("systemctl start import.service");
  expect((await box.readFile("/tmp/shown")).trim().split("\n")).toEqual([
    "app.four:set",
    "app.one:of the system",
    "app.three:loaded",
    "app.two:two",
    "moved-o:two",
    "renamed:exact",
  ]);
});

test("DynamicUser= runs as a user that is nobody else, and owns its state", async () => {
  const box = await startUsher({
    units: {
      "dyn.service":
        "[Service]\nType=oneshot\nDynamicUser=yes\nStateDirectory=dyn\nExecStart=/bin/sh -c 'id -u > /var/lib/dyn/uid; stat -c %%u /var/lib/dyn >> /var/lib/dyn/uid'\n",
    },
  });
  await box.booted();
  await box.run("systemctl start dyn.service");
  const [uid = "", owner] = (await box.readFile("/var/lib/dyn/uid")).split("\n");
  expect(Number(uid)).toBeGreaterThanOrEqual(61184);
  expect(Number(uid)).toBeLessThanOrEqual(65519);
  expect(owner).toBe(uid);
});
