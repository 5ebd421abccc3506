/** The figures that matter most as a picture for the front page: bars in four panels, drawn as SVG by hand. */

import { type Lookup, show } from "./figures.ts";

type Panel = {
  readonly title: string;
  readonly note: string;
  readonly measurement: string;
  readonly metric: string;
  readonly subjects: readonly string[];
};

const panels: readonly Panel[] = [
  {
    title: "Memory of its own, with 10 services",
    note: "private pages of the init and its helpers; less is better",
    measurement: "memory",
    metric: "private-10",
    subjects: ["usher", "runit", "s6", "systemd", "supervisord"],
  },
  {
    title: "Start of one command",
    note: "exec of the wrapper until its child runs; less is better",
    measurement: "start",
    metric: "exec",
    subjects: ["usher", "tini", "dumb-init", "catatonit"],
  },
  {
    title: "First byte from a service that has to be started",
    note: "from connect; less is better",
    measurement: "first-byte",
    metric: "every",
    subjects: ["bare-spawn", "usher", "systemd-socket-activate", "systemd"],
  },
  {
    title: "Connections a second, a process for each",
    note: "one by one; more is better",
    measurement: "accept",
    metric: "serial",
    subjects: ["usher", "tcpserver", "xinetd", "socat", "systemd-socket-activate", "systemd"],
  },
];

const width = 820;
const left = 190;
const rowHeight = 24;
const widest = width - left - 110;

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function drawPanel(
  panel: Panel,
  find: Lookup,
  top: number,
): { readonly svg: string; readonly height: number } {
  const rows = panel.subjects.flatMap((subject) => {
    const one = find(panel.measurement, subject, panel.metric);
    return one === undefined ? [] : [one];
  });
  if (rows.length === 0) return { svg: "", height: 0 };
  const most = Math.max(...rows.map(({ median }) => median));
  const bars = rows.map((row, index) => {
    const y = top + 44 + index * rowHeight;
    const length = Math.max(2, (row.median / most) * widest).toFixed(1);
    const kind = row.subject === "usher" ? "ours" : "theirs";
    return [
      `<text class="name" x="${left - 10}" y="${y + 15}">${escapeText(row.subject)}</text>`,
      `<rect class="${kind}" x="${left}" y="${y + 3}" width="${length}" height="${rowHeight - 6}" rx="2"/>`,
      `<text class="value" x="${(left + Number(length) + 8).toFixed(1)}" y="${y + 15}">${show(row.median, row.unit)}</text>`,
    ].join("");
  });
  const head =
    `<text class="title" x="16" y="${top + 16}">${escapeText(panel.title)}</text>` +
    `<text class="note" x="16" y="${top + 34}">${escapeText(panel.note)}</text>`;
  return { svg: [head, ...bars].join("\n"), height: 44 + rows.length * rowHeight + 22 };
}

/** The whole picture; legible on light and dark pages. */
export function drawPicture(find: Lookup): string {
  let top = 16;
  const parts: string[] = [];
  for (const panel of panels) {
    const { svg, height } = drawPanel(panel, find, top);
    if (height > 0) parts.push(svg);
    top += height;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" role="img" aria-label="usher measured against other inits">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.note { fill: #6e7781; font-size: 12px }
.name { text-anchor: end }
.ours { fill: #1a7f5a }
.theirs { fill: #b6bec8 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .note { fill: #8d96a0 } .ours { fill: #3fb98a } .theirs { fill: #59636e } }
</style>
${parts.join("\n")}
</svg>
`;
}
