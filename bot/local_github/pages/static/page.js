// Keeps an open page true: polls the site's revision, and when it moved, fetches this page and swaps the parts that changed.

const parts = () => document.querySelectorAll("[data-live]");
const EVERY = 1000; // ms
let revision = document.body.dataset.revision;
const served = new Map();

const writing = (part) =>
  (part.contains(document.activeElement) && document.activeElement.matches("textarea, input, select")) ||
  [...part.querySelectorAll("textarea")].some((one) => one.value !== one.defaultValue);

function swap(fresh) {
  for (const part of parts()) {
    const next = fresh.getElementById(part.id)?.innerHTML;
    if (next === undefined || next === served.get(part.id) || writing(part)) continue;
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    part.innerHTML = next;
    part.querySelectorAll("details").forEach((one, index) => { one.open = open[index] ?? one.open; });
    served.set(part.id, next);
  }
}

async function look() {
  if (document.hidden) return;
  const now = await (await fetch("/-/revision")).text();
  if (now === revision) return;
  const page = await fetch(location.href);
  if (!page.ok) return;
  swap(new DOMParser().parseFromString(await page.text(), "text/html"));
  revision = now;
  tell();
}

const STEPS = [[60, 1, "second"], [3600, 60, "minute"], [86400, 3600, "hour"], [Infinity, 86400, "day"]];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function tell() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const age = (Date.now() - new Date(time.dateTime)) / 1000;
    if (Number.isNaN(age)) continue;
    time.title ||= time.textContent;
    const [, size, unit] = STEPS.find(([below]) => age < below);
    time.textContent = age < 10 ? "just now" : words.format(-Math.floor(age / size), unit);
  }
}

async function keep() {
  try {
    await look();
  } catch {
    // The server is down or being started again; the next look finds it.
  }
  setTimeout(keep, EVERY);
}

tell();
setInterval(tell, 20000);
keep();
