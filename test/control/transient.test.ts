import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BusValue, marshal, splitSignature, unmarshal, variant } from "../../src/base/dbus/marshal.ts";
import { readTransientCall } from "../../src/control/bus/transient.ts";
import { checkUnitText } from "../../src/unit/load/check-text.ts";
import { lexUnitFile } from "../../src/unit/text/lexer.ts";
import { FACTS } from "../unit/facts.ts";

type Given = readonly (readonly [name: string, signature: string, value: BusValue])[];

const properties = (given: Given): BusValue =>
  given.map(([name, signature, value]) => [name, variant(signature, value)]);

const read = (name: string, given: Given, fds: readonly number[] = [], others: BusValue = []) =>
  readTransientCall([name, "fail", properties(given), others], fds);

/** The directives of the one unit. */
function lines(given: Given, name = "x.service"): string[] {
  const made = read(name, given);
  if (!made.ok) throw new Error(made.error.message);
  const [unit] = made.value.units;
  return lexUnitFile(unit?.text ?? "").assignments.map(
    ({ section, key, value }) => `${section} ${key}=${value}`,
  );
}

const INFINITY = 2n ** 64n - 1n;

// As Debian's systemd-run 257 sends them.
test.each<[string, string, BusValue, readonly string[]]>([
  [
    "Description",
    "s",
    '[systemd-run] /bin/sh -c "a 50%\nb" \\',
    ['Unit Description=[systemd-run] /bin/sh -c "a 50%% b"'],
  ],
  ["After", "as", ["a.service", "b\\x2dc.service"], ["Unit After=a.service b\\x2dc.service"]],
  [
    "Conditions",
    "a(sbbs)",
    [["ConditionPathExists", true, true, "/x y"]],
    ["Unit ConditionPathExists=|!/x y"],
  ],
  ["Asserts", "a(sbbs)", [["AssertPathExists", false, false, "/etc"]], ["Unit AssertPathExists=/etc"]],
  ["StartLimitIntervalUSec", "t", 5_000_000, ["Unit StartLimitIntervalSec=5000000us"]],
  ["StartLimitBurst", "u", 3, ["Unit StartLimitBurst=3"]],
  ["StopWhenUnneeded", "b", true, ["Unit StopWhenUnneeded=yes"]],
  ["CollectMode", "s", "inactive-or-failed", ["Unit CollectMode=inactive-or-failed"]],
  ["Type", "s", "exec", ["Service Type=exec"]],
  ["Nice", "i", -5, ["Service Nice=-5"]],
  ["RestartUSec", "t", 2_000_000, ["Service RestartSec=2000000us"]],
  ["TimeoutStopUSec", "t", INFINITY, ["Service TimeoutStopSec=infinity"]],
  ["UMask", "u", 0o22, ["Service UMask=0022"]],
  ["RuntimeDirectoryMode", "u", 0o700, ["Service RuntimeDirectoryMode=0700"]],
  ["KillSignal", "i", 2, ["Service KillSignal=2"]],
  ["SuccessExitStatus", "(aiai)", [[3], [10]], ["Service SuccessExitStatus=3 SIGUSR1"]],
  ["StandardOutputFile", "s", "/tmp/x", ["Service StandardOutput=file:/tmp/x"]],
  ["StandardErrorFileToAppend", "s", "/tmp/y", ["Service StandardError=append:/tmp/y"]],
  ["StandardInputData", "ay", [104, 105, 33, 10], ["Service StandardInputData=aGkhCg=="]],
  ["CapabilityBoundingSet", "t", 1, ["Service CapabilityBoundingSet=CAP_CHOWN"]],
  [
    "AmbientCapabilities",
    "t",
    2 ** 40 + 2,
    ["Service AmbientCapabilities=CAP_DAC_OVERRIDE CAP_CHECKPOINT_RESTORE"],
  ],
  ["SecureBits", "i", 0b101, ["Service SecureBits=noroot no-setuid-fixup"]],
  ["CPUAffinity", "ay", [5, 1], ["Service CPUAffinity=0 2 8"]],
  ["CoredumpFilter", "t", 0x33, ["Service CoredumpFilter=0x33"]],
  ["Environment", "as", ["A=1", 'B="2 %n\n'], ['Service Environment="A=1" "B=\\"2 %%n\\n"']],
  [
    "EnvironmentFiles",
    "a(sb)",
    [
      ["/a b", true],
      ["/c", false],
    ],
    ["Service EnvironmentFile=-/a b", "Service EnvironmentFile=/c"],
  ],
  [
    "ExecStart",
    "a(sasb)",
    [["/bin/echo", ["/bin/echo", "a b", "$A", ""], true]],
    ['Service ExecStart=-"/bin/echo" "a b" "$A" ""'],
  ],
  ["ExecStart", "a(sasb)", [["/bin/sh", ["-sh"], false]], ['Service ExecStart=@"/bin/sh" "-sh"']],
  [
    "ExecReloadEx",
    "a(sasas)",
    [["/bin/true", ["/bin/true"], ["no-env-expand", "ignore-failure"]]],
    ['Service ExecReload=:-"/bin/true"'],
  ],
  ["SetCredential", "a(say)", [["a", [98, 10]]], ["Service SetCredential=a:b\\x0a"]],
  ["LoadCredential", "a(ss)", [["c", "/etc/passwd"]], ["Service LoadCredential=c:/etc/passwd"]],
  ["SystemCallFilter", "(bas)", [false, ["@mount"]], ["Service SystemCallFilter=~@mount"]],
  ["CPUQuotaPerSecUSec", "t", 200_000, ["Service CPUQuota=20%"]],
  ["MemoryMax", "t", 1_073_741_824, ["Service MemoryMax=1073741824"]],
  ["PrivateTmpEx", "s", "disconnected", ["Service PrivateTmp=disconnected"]],
])("%s, %s", (name, signature, value, expected) => {
  const [given] = (unmarshal(signature, marshal(signature, [value]), true) as { value: BusValue[] }).value;
  expect(lines([[name, signature, given ?? 0]])).toEqual(expected);
});

test("a limit is given twice, the soft one after the hard one", () => {
  const given: Given = [
    ["LimitNOFILE", "t", 200],
    ["LimitNOFILESoft", "t", 100],
    ["LimitCORE", "t", INFINITY],
  ];
  expect(lines(given)).toEqual([
    "Service LimitNOFILE=200",
    "Service LimitNOFILE=100:200",
    "Service LimitCORE=infinity",
  ]);
});

test("a socket with the service that it starts", () => {
  const service: BusValue = [
    ["x.service", properties([["ExecStart", "a(sasb)", [["/bin/cat", ["/bin/cat"], false]]]])],
  ];
  const listen: Given = [
    [
      "Listen",
      "a(ss)",
      [
        ["Stream", "7070"],
        ["FIFO", "/run/x"],
      ],
    ],
    ["SocketMode", "u", 0o600],
  ];
  const made = read("x.socket", listen, [], service);
  expect(made.ok && made.value.units.map(({ name, text }) => [name, text.split("\n").slice(2)])).toEqual([
    ["x.socket", ["[Socket]", "ListenStream=7070", "ListenFIFO=/run/x", "SocketMode=0600", ""]],
    ["x.service", ["[Service]", 'ExecStart="/bin/cat"', ""]],
  ]);
});

test("descriptors for the standard streams, and a hold on the unit", () => {
  const given: Given = [
    ["AddRef", "b", true],
    ["StandardInputFileDescriptor", "h", 1],
    ["StandardErrorFileDescriptor", "h", 0],
  ];
  expect(read("x.service", given, [7, 8])).toMatchObject({
    ok: true,
    value: { mode: "fail", referenced: true, units: [{ stdio: [8, -1, 7] }] },
  });
  expect(read("x.service", given, [7])).toMatchObject({ ok: false });
});

describe("refused", () => {
  test.each<[string, string, string, BusValue, string, RegExp]>([
    ["x.service", "Nonsense", "s", "x", "PropertyReadOnly", /^Cannot set property Nonsense, or unknown/],
    ["x.service", "Listen", "a(ss)", [["Stream", "1"]], "PropertyReadOnly", /Listen/],
    ["x.service", "WantedBy", "as", ["a.target"], "PropertyReadOnly", /WantedBy/],
    ["x.service", "AdoptSockets", "b", true, "PropertyReadOnly", /AdoptSockets/],
    ["x.service", "Type", "ay", [1], "PropertyReadOnly", /Type/],
    ["x.service", "RestartUSec", "s", "1s", "InvalidArgs", /Unexpected type s of property RestartUSec/],
    ["x.service", "User", "s", "a\n[Service]\nExecStart=/bin/evil", "InvalidArgs", /User/],
    ["x.service", "WorkingDirectory", "s", "/a\\", "InvalidArgs", /WorkingDirectory/],
    ["x.service", "Conditions", "a(sbbs)", [["ExecStart", false, false, "/x"]], "InvalidArgs", /Conditions/],
    ["x.timer", "Description", "s", "x", "NotSupported", /^Unit type timer does not support .*no timers yet/],
    ["x.scope", "PIDs", "au", [1], "NotSupported", /no scopes/],
    [
      "x.target",
      "Description",
      "s",
      "x",
      "NotSupported",
      /^Unit type target does not support transient units\.$/,
    ],
    ["x@.service", "Description", "s", "x", "InvalidArgs", /missing the instance name/],
    ["x", "Description", "s", "x", "InvalidArgs", /^Invalid unit name or type\.$/],
  ])("%s %s %s", (unit, name, signature, value, error, message) => {
    const made = read(unit, [[name, signature, value]]);
    expect(made).toMatchObject({ ok: false, error: { error: `org.freedesktop.DBus.Error.${error}` } });
    expect(made.ok ? "" : made.error.message).toMatch(message);
  });
});

test("a text is looked at before it is written", () => {
  const check = (text: string) => checkUnitText(FACTS, "x.service", "/run/systemd/transient/x.service", text);
  expect(check("[Service]\nExecStart=/bin/true\nProtectSystem=yes\n")).toMatchObject({ ok: true });
  expect(check("[Service]\nExecStart=/bin/true\nType=x\n")).toMatchObject({
    error: {
      kind: "value",
      message: expect.stringMatching(/^Invalid Type setting: x \(expected one of simple/),
    },
  });
  expect(check("[Service]\nType=exec\n")).toMatchObject({
    error: {
      kind: "unit",
      message: expect.stringMatching(/^Unit x\.service has a bad unit file setting: service has no Exec/),
    },
  });
});

test("no value of a property gets into another line of the file", () => {
  const names =
    "Description User WorkingDirectory Environment ExecStart RuntimeDirectory StandardOutputFile After";
  const signatures: Readonly<Record<string, string>> = {
    Environment: "as",
    RuntimeDirectory: "as",
    After: "as",
  };
  const hostile = fc.array(
    fc.constantFrom("\n", "\r", "\\", '"', "'", "%n", " ", "#", ";", "[X]", "a", "=", "\0", "é", "\t"),
  );
  fc.assert(
    fc.property(fc.constantFrom(...names.split(" ")), hostile, (name, parts) => {
      const text = parts.join("");
      const signature = name === "ExecStart" ? "a(sasb)" : (signatures[name] ?? "s");
      const value = signature === "s" ? text : signature === "as" ? [text] : [[text, [text], false]];
      const made = read("x.service", [[name, signature, value as BusValue]]);
      if (!made.ok) return;
      const { assignments, problems, fatal } = lexUnitFile(made.value.units[0]?.text ?? "");
      expect([assignments.length, problems, fatal]).toEqual([1, [], null]);
    }),
  );
});

test("whatever a caller sends of the right types is answered", () => {
  const scalar = fc.oneof(
    fc.constantFrom(
      "s",
      "b",
      "i",
      "u",
      "t",
      "as",
      "ay",
      "a(ss)",
      "a(sbbs)",
      "a(sasb)",
      "(aiai)",
      "h",
      "v",
      "a{sv}",
    ),
  );
  const anyOf = (signature: string): fc.Arbitrary<BusValue> => {
    const [first = ""] = signature;
    if (first === "a") return fc.array(anyOf(signature.slice(1)), { maxLength: 3 }) as fc.Arbitrary<BusValue>;
    if (first === "(" || first === "{")
      return fc.tuple(...(splitSignature(signature.slice(1, -1)) ?? []).map(anyOf)) as fc.Arbitrary<BusValue>;
    if (first === "v") return fc.constant(variant("s", "x"));
    if (first === "s") return fc.string();
    return first === "b" ? fc.boolean() : fc.nat(255);
  };
  const property = fc
    .tuple(
      fc.constantFrom(
        "Description",
        "Environment",
        "ExecStart",
        "LimitCORE",
        "Conditions",
        "SecureBits",
        "UMask",
        "Listen",
        "AddRef",
        "CPUAffinity",
        "StandardInputFileDescriptor",
        "SetCredential",
        "SuccessExitStatus",
      ),
      scalar,
    )
    .chain(([name, signature]) => anyOf(signature).map((value) => [name, signature, value] as const));
  fc.assert(
    fc.property(fc.array(property), (given) => {
      expect(typeof read("x.service", given).ok).toBe("boolean");
    }),
  );
});
