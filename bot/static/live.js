// Keeps the page true without a reload: fetches it again and swaps what changed.
const again = async () => {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    const shown = document.getElementById("live");
    if (fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(document.adoptNode(fresh));
    if (answer.ok && !page.querySelector("script")) return;
  } catch {
    // The server restarts; the next round finds it.
  }
  setTimeout(again, 1000);
};
setTimeout(again, 1000);
