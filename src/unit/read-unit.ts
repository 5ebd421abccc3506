/**
 * Text of a fragment or a drop-in → settings, through the directive table. Whatever is wrong becomes a diagnostic;
 * only what systemd refuses a unit for refuses it here.
 */
import type { Diagnostic, Severity } from "./diagnostic.ts";
import { findDirective, hasSection } from "./directive-table.ts";
import { type Assignment, type LexedFile, lexUnitFile, positionAt } from "./lexer.ts";
import type { UnitType } from "./model.ts";
import { type Draft, writable } from "./settings.ts";
import { expandSpecifiers, type SpecifierSubject } from "./specifier.ts";
import type { ReportDetails, Scope } from "./value-type.ts";

export interface UnitText {
  readonly file: string;
  readonly lexed: LexedFile;
}

/** Lexes a file so that it can be read for any number of units (a template's instances). */
export function lexText(file: string, text: string): UnitText {
  return { file, lexed: lexUnitFile(text) };
}

/** What became of a file: nothing to add, or why the unit is not loaded. */
export interface ReadOutcome {
  readonly state: "loaded" | "bad-setting" | "error";
  readonly problem: Diagnostic | null;
}

interface Reader {
  readonly text: UnitText;
  readonly subject: SpecifierSubject;
  readonly diagnostics: Diagnostic[];
  readonly scope: Scope;
  assignment: Assignment;
  refused: Diagnostic | null;
  /** Something was complained about while the present value was read. */
  complained: boolean;
}

const NOWHERE: Assignment = {
  section: "",
  key: "",
  value: "",
  line: 0,
  column: 0,
  valueLine: 0,
  valueColumn: 0,
  breaks: null,
};

function complain(
  reader: Reader,
  severity: Severity,
  message: string,
  details: ReportDetails = {},
): Diagnostic {
  const { assignment } = reader;
  const { line, column } = positionAt(assignment, Math.max(0, details.offset ?? 0));
  const diagnostic: Diagnostic = {
    severity,
    file: reader.text.file,
    line,
    column,
    message: `${assignment.key}=: ${message}`,
    found: details.found ?? null,
    expected: details.expected ?? null,
  };
  reader.diagnostics.push(diagnostic);
  if (severity === "error") reader.complained = true;
  return diagnostic;
}

function expand(reader: Reader, text: string, inName: boolean): string | undefined {
  const expanded = expandSpecifiers(text, reader.subject, inName);
  if (typeof expanded === "string") return expanded;
  const what = expanded.unknown ? "is unknown here" : "has no value here";
  const offset = reader.assignment.value.indexOf(text);
  complain(reader, "error", `the specifier ${expanded.specifier} ${what}, the value is ignored`, {
    found: text,
    expected: "a specifier of systemd.unit(5), or %% for a percent sign",
    offset: offset < 0 ? 0 : offset + expanded.at,
  });
  return undefined;
}

function openReader(text: UnitText, subject: SpecifierSubject, diagnostics: Diagnostic[]): Reader {
  const reader: Reader = {
    text,
    subject,
    diagnostics,
    assignment: NOWHERE,
    refused: null,
    complained: false,
    scope: {
      unitName: subject.unitName,
      expand: (value, inName = false) => expand(reader, value, inName),
      report: (severity, message, details) => {
        complain(reader, severity, message, details);
      },
      refuse: (message, details) => {
        const diagnostic = complain(reader, "error", `${message}; the unit is refused`, details);
        reader.refused ??= diagnostic;
      },
    },
  };
  return reader;
}

/** Values in which "#" and ";" are ordinary text that people mean. */
const FREE_TEXT =
  /^(Description|Documentation|Exec.*|Environment|StandardInputText|SetCredential|Condition.*)$/;

/** systemd has no comments after a value; what was meant as one is part of the value. */
function warnOfTrailingComment(reader: Reader): void {
  const { key, value } = reader.assignment;
  const pattern = FREE_TEXT.test(key) ? /[ \t]#[ \t]/ : /[ \t][#;]/;
  const offset = value.search(pattern);
  if (offset < 0 || /["']/.test(value.slice(0, offset))) return;
  const comment = value.slice(offset + 1);
  complain(
    reader,
    "warning",
    `a comment can't follow a value; the text '${comment}' became part of the value`,
    {
      offset: offset + 1,
    },
  );
}

function readAssignment(reader: Reader, draft: Draft, known: Map<string, string[]>): void {
  const { section, key, value } = reader.assignment;
  const directive = findDirective(section, key);
  if (directive === undefined) {
    if (key.startsWith("X-")) return;
    const { file } = reader.text;
    const { line, column } = reader.assignment;
    const message = `unknown key in section [${section}], ignored`;
    reader.diagnostics.push({
      severity: "warning",
      file,
      line,
      column,
      message,
      found: `${key}=`,
      expected: null,
    });
  } else if (typeof directive === "string") {
    const keys = known.get(directive);
    if (keys === undefined) known.set(directive, [`${key}=`]);
    else if (!keys.includes(`${key}=`)) keys.push(`${key}=`);
  } else {
    reader.complained = false;
    if (!directive.apply(draft, value, reader.scope) && !reader.complained) {
      complain(reader, "error", "wrong value, ignored", { found: value, expected: directive.expected });
    }
  }
}

const KNOWN_MESSAGES: Readonly<Record<string, string>> = {
  unenforced: "accepted but NOT enforced in a container",
  meaningless: "accepted, without effect in a container",
};

function reportKnown(reader: Reader, known: Map<string, string[]>): void {
  if (known.size === 0) return;
  const parts = [...known].map(([kind, keys]) => `${KNOWN_MESSAGES[kind]}: ${keys.join(" ")}`);
  const { file } = reader.text;
  const message = parts.join("; ");
  reader.diagnostics.push({
    severity: "notice",
    file,
    line: 0,
    column: 0,
    message,
    found: null,
    expected: null,
  });
}

function reportLexer(text: UnitText, type: UnitType, diagnostics: Diagnostic[]): void {
  const { file, lexed } = text;
  for (const problem of lexed.problems)
    diagnostics.push({ severity: "warning", file, expected: null, ...problem });
  for (const section of lexed.sections) {
    if (hasSection(type, section) || section.startsWith("X-")) continue;
    const first = lexed.assignments.find((assignment) => assignment.section === section);
    diagnostics.push({
      severity: "warning",
      file,
      line: first?.line ?? 0,
      column: 0,
      message: `unknown section [${section}] in a ${type} unit, ignored`,
      found: null,
      expected: null,
    });
  }
}

/** Reads one file into the draft. After a refusal the rest is still read, for its diagnostics. */
export function readInto(
  draft: Draft,
  type: UnitType,
  text: UnitText,
  subject: SpecifierSubject,
  diagnostics: Diagnostic[],
): ReadOutcome {
  const { lexed } = text;
  reportLexer(text, type, diagnostics);
  if (lexed.fatal !== null) {
    const fatal: Diagnostic = { severity: "error", file: text.file, expected: null, ...lexed.fatal };
    diagnostics.push(fatal);
    return { state: "error", problem: fatal };
  }
  const reader = openReader(text, subject, diagnostics);
  const known = new Map<string, string[]>();
  for (const assignment of lexed.assignments) {
    if (!hasSection(type, assignment.section)) continue;
    reader.assignment = assignment;
    readAssignment(reader, draft, known);
    if (assignment.value.includes("#") || assignment.value.includes(";")) warnOfTrailingComment(reader);
  }
  reportKnown(reader, known);
  if (lexed.sections.includes("Install")) writable(draft, "install").present = true;
  return reader.refused === null
    ? { state: "loaded", problem: null }
    : { state: "bad-setting", problem: reader.refused };
}
